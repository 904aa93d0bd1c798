internal import CSQLite

/// A prepared statement, kept for as long as its connection. Bytes bound to it are not copied: they must stay until
/// ``reset()``.
final class Statement {
  let handle: OpaquePointer
  private let connection: Connection

  init(_ connection: Connection, _ sql: String) throws(StoreError) {
    self.connection = connection
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v3(connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK, let prepared else { throw connection.error(code, "prepare a statement") }
    handle = prepared
  }

  deinit { sqlite3_finalize(handle) }

  @inline(__always) func bind(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
    check(gantry_sqlite_bind(handle, index, bytes.baseAddress, bytes.count))
  }

  func bindCopy(_ index: Int32, _ bytes: [UInt8]) {
    check(bytes.withUnsafeBytes { gantry_sqlite_bind_copy(handle, index, $0.baseAddress, $0.count) })
  }

  func bind(_ index: Int32, _ value: Int) { check(sqlite3_bind_int64(handle, index, Int64(value))) }

  /// SQLite's code; `SQLITE_ROW` and `SQLITE_DONE` are the good ones.
  @inline(__always) func step() -> Int32 { sqlite3_step(handle) }

  /// Ends the run, and with it the read transaction that it may have opened.
  @inline(__always) func reset() { sqlite3_reset(handle) }

  /// Valid until the next step or reset.
  @inline(__always) func column(_ index: Int32) -> UnsafeRawBufferPointer {
    let bytes = sqlite3_column_blob(handle, index)
    return UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : Int(sqlite3_column_bytes(handle, index)))
  }

  /// Runs it once with `bindings` as blobs, for its effect.
  func run(_ bindings: [UInt8]..., action: String) throws(StoreError) {
    for (index, bytes) in bindings.enumerated() { bindCopy(Int32(index + 1), bytes) }
    let code = step()
    reset()
    if code != SQLITE_DONE && code != SQLITE_ROW { throw connection.error(code, action) }
  }

  private func check(_ code: Int32) {
    if code != SQLITE_OK { fatalError("SQLite refused a binding: \(String(cString: sqlite3_errstr(code))).") }
  }
}

extension [UInt8] {
  /// A copy of bytes that belong to SQLite.
  @inline(__always) init(copying bytes: UnsafeRawBufferPointer) {
    self.init(unsafeUninitializedCapacity: bytes.count) { target, count in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
      count = bytes.count
    }
  }
}
