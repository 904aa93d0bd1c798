internal import CSQLite

/// Reads rows through one connection that only reads.
final class RowReader {
  let connection: Connection
  private let getStatement: Statement
  /// Range statements that nobody uses now, by ``rangeKind(bounded:reverse:)``.
  private var idle: [[Statement]] = [[], [], [], []]
  private let positionStatement: Statement
  private var transaction: (begin: Statement, end: Statement)?

  init(_ vfs: StoreVFS, path: String, cacheBytes: Int) throws(StoreError) {
    connection = try Connection(vfs, path: path, role: .reader, cacheBytes: cacheBytes)
    getStatement = try Statement(connection, "SELECT value FROM rows WHERE key=?1")
    positionStatement = try Statement(connection, "SELECT value FROM meta WHERE name='applied'")
  }

  func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    let statement = getStatement
    var value: [UInt8]?
    let code = key.withUnsafeBytes { key in
      statement.bind(1, key)
      let code = statement.step()
      if code == SQLITE_ROW { value = [UInt8](copying: statement.column(0)) }
      statement.reset()
      return code
    }
    guard code == SQLITE_ROW || code == SQLITE_DONE else { throw connection.error(code, "read a row") }
    return value
  }

  /// A cursor before its first row; `to` is exclusive.
  func range(from: [UInt8], to: [UInt8]?, reverse: Bool) throws(StoreError) -> RowCursor {
    let kind = (to == nil ? 0 : 1) + (reverse ? 2 : 0)
    let statement: Statement
    if let kept = idle[kind].popLast() {
      statement = kept
    } else {
      let bound = to == nil ? "" : " AND key<?2"
      let order = reverse ? " DESC" : ""
      statement = try Statement(connection, "SELECT key,value FROM rows WHERE key>=?1\(bound) ORDER BY key\(order)")
    }
    statement.bindCopy(1, from)
    if let to { statement.bindCopy(2, to) }
    return RowCursor(self, statement, kind: kind)
  }

  fileprivate func keep(_ statement: Statement, kind: Int) {
    statement.reset()
    idle[kind].append(statement)
  }

  /// Opens a read transaction on the present state: the first read fixes it.
  func begin() throws(StoreError) {
    if transaction == nil {
      transaction = (try Statement(connection, "BEGIN"), try Statement(connection, "COMMIT"))
    }
    try transaction?.begin.run(action: "begin a view")
    do throws(StoreError) {
      try positionStatement.run(action: "begin a view")
    } catch {
      end()
      throw error
    }
  }

  /// Ending a transaction that only read cannot fail in a way that matters: nothing is written.
  func end() {
    if connection.isInTransaction, let transaction { try? transaction.end.run(action: "end a view") }
  }
}

/// A range of rows in the file, in order. Finish it before the next transaction of its connection.
final class RowCursor {
  private let reader: RowReader
  private let statement: Statement
  private let kind: Int
  private(set) var isAtEnd = false
  private var isFinished = false

  fileprivate init(_ reader: RowReader, _ statement: Statement, kind: Int) {
    self.reader = reader
    self.statement = statement
    self.kind = kind
  }

  func advance() throws(StoreError) {
    switch statement.step() {
    case SQLITE_ROW: return
    case SQLITE_DONE: isAtEnd = true
    case let code:
      isAtEnd = true
      throw reader.connection.error(code, "read rows")
    }
  }

  /// Valid until the cursor moves.
  var key: UnsafeRawBufferPointer { statement.column(0) }
  var value: UnsafeRawBufferPointer { statement.column(1) }

  func finish() {
    if !isFinished { reader.keep(statement, kind: kind) }
    isFinished = true
  }
}
