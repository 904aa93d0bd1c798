internal import Bytes
internal import Items

extension RecordsPage {
  /// Reads an answer of `GetRecords`.
  ///
  /// A record whose image is JSON but no item (more than 38 digits, an empty set) gets a fault and the rest is read on;
  /// a text that is no such answer throws.
  init(parsing body: [UInt8]) throws(ItemError) {
    var page = RecordsPage()
    try JSONReader.read(body) { (reader) throws(ItemError) in
      try reader.beginObject()
      while let name = try reader.nextKey() {
        switch name {
        case "NextShardIterator": page.nextIterator = try reader.skipNull() ? nil : try reader.readText()
        case "Records":
          try reader.beginArray()
          while try reader.nextElement() { page.records.append(try StreamRecord(&reader)) }
        default: try reader.skipValue()
        }
      }
    }
    self = page
  }
}

extension StreamRecord {
  init(_ reader: inout JSONReader) throws(ItemError) {
    var fields = RecordFields()
    try reader.beginObject()
    while let name = try reader.nextKey() {
      switch name {
      case "eventName": fields.event = Event(rawValue: try reader.readText())
      case "dynamodb": try fields.readChange(&reader)
      default: try reader.skipValue()
      }
    }
    self = try fields.record()
  }
}

/// What was read of a record so far.
private struct RecordFields {
  var event: StreamRecord.Event?
  private var sequence: SequenceNumber?
  private var keys: AttributeMap?
  private var newImage: AttributeMap?
  private var oldImage: AttributeMap?
  private var createdAt: Timestamp?
  private var fault: String?

  mutating func readChange(_ reader: inout JSONReader) throws(ItemError) {
    try reader.beginObject()
    while let name = try reader.nextKey() {
      switch name {
      case "SequenceNumber": sequence = SequenceNumber(try reader.readText())
      case "ApproximateCreationDateTime": createdAt = Timestamp(seconds: try reader.readDouble())
      case "Keys": keys = try image(&reader)
      case "NewImage": newImage = try image(&reader)
      case "OldImage": oldImage = try image(&reader)
      default: try reader.skipValue()
      }
    }
  }

  private mutating func image(_ reader: inout JSONReader) throws(ItemError) -> AttributeMap? {
    if try reader.skipNull() { return nil }
    do throws(ItemError) {
      return try reader.readItem().decoded()
    } catch {
      guard error.kind == .validation else { throw error }
      fault = fault ?? error.message
      return nil
    }
  }

  func record() throws(ItemError) -> StreamRecord {
    guard let event, let sequence else {
      throw ItemError(.serialization, "A stream record has no event name or no sequence number")
    }
    var fault = fault
    if fault == nil, keys == nil { fault = "the record has no keys" }
    let isReadable = fault == nil
    return StreamRecord(
      event: event, sequence: sequence, keys: keys ?? AttributeMap(), newImage: isReadable ? newImage : nil,
      oldImage: isReadable ? oldImage : nil, createdAt: createdAt ?? Timestamp(microseconds: 0), fault: fault)
  }
}

extension EncodedItem {
  /// The attributes of an item that was just read.
  fileprivate func decoded() -> AttributeMap {
    do throws(MalformedBytes) {
      return try decode()
    } catch {
      fatalError("An item that was just encoded cannot be decoded: \(error.what).")
    }
  }
}
