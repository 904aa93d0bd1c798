internal import Items

/// Errors in the form of the AWS JSON 1.0 protocol.
enum ErrorBody {
  static let contentType = "application/x-amz-json-1.0"

  static func answer(_ error: APIError) -> HTTPAnswer {
    HTTPAnswer(status: error.status, style: .amazon, contentType: contentType, body: bytes(error))
  }

  /// The serialization error spells its member `Message`, as the service does; SDKs take both.
  static func bytes(_ error: APIError) -> [UInt8] {
    var writer = JSONWriter(capacity: 192)
    writer.beginObject()
    writer.key("__type")
    writer.string("\(error.type)")
    if let message = error.message {
      writer.key(error.kind == .serialization ? "Message" : "message")
      writer.string(message)
    }
    if let item = error.item {
      writer.key("Item")
      writer.stored(item)
    }
    writer.endObject()
    return writer.bytes
  }
}

extension JSONWriter {
  /// An item that a replica sent. Frames are checksummed, so that damage here is a bug of this program.
  mutating func stored(_ item: EncodedItem) {
    guard (try? self.item(item)) != nil else { fatalError("A replica answered with an item that cannot be read.") }
  }
}
