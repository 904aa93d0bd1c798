internal import CNGHTTP2

/// The header fields of calls to one method of one server, in the form that libnghttp2 takes, made once.
final class RequestHeaders {
  let method: String
  let count: Int
  let fields: UnsafePointer<nghttp2_nv>
  private let text: UnsafeMutablePointer<UInt8>

  init(method: String, authority: String) {
    self.method = method
    let pairs = [
      (":method", "POST"), (":scheme", "http"), (":path", method), (":authority", authority),
      ("content-type", "application/grpc"), ("te", "trailers"), ("user-agent", "gantry-compare"),
    ]
    count = pairs.count
    let bytes = pairs.flatMap { Array($0.0.utf8) + Array($0.1.utf8) }
    text = .allocate(capacity: bytes.count)
    text.initialize(from: bytes, count: bytes.count)
    let fields = UnsafeMutablePointer<nghttp2_nv>.allocate(capacity: pairs.count)
    var next = text
    // The text outlives every frame that is made of it, so it need not be copied.
    let flags = UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
    for (index, pair) in pairs.enumerated() {
      let (name, value) = (pair.0.utf8.count, pair.1.utf8.count)
      (fields + index).initialize(
        to: nghttp2_nv(name: next, value: next + name, namelen: name, valuelen: value, flags: flags))
      next += name + value
    }
    self.fields = UnsafePointer(fields)
  }

  deinit {
    fields.deallocate()
    text.deallocate()
  }
}
