internal import Load

/// Calls of etcd's v3 API (etcd 3.4, `rpc.proto`).
enum EtcdCalls {
  static let put = "/etcdserverpb.KV/Put"
  static let range = "/etcdserverpb.KV/Range"

  /// `PutRequest { key = 1, value = 2 }`.
  static func put(_ key: [UInt8], _ value: [UInt8]) -> Call {
    var message = ProtobufMessage()
    message.field(1, bytes: key)
    message.field(2, bytes: value)
    return Call(put, body: message.bytes)
  }

  /// `RangeRequest { key = 1 }`: one key. Without `serializable = 7` the read is linearizable.
  static func get(_ key: [UInt8]) -> Call {
    var message = ProtobufMessage()
    message.field(1, bytes: key)
    return Call(range, body: message.bytes)
  }

  /// Whether a `RangeResponse { header = 1, kvs = 2, … }` has a row.
  static func hasRow(_ message: UnsafeRawBufferPointer) -> Bool {
    var fields = ProtobufFields(message)
    while let number = fields.next() {
      if number == 2 { return true }
    }
    return false
  }
}
