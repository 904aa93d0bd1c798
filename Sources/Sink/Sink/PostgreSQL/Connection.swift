internal import CPostgreSQL

/// One connection, used by one thread, with calls that wait. Parameters never enter a statement's text.
final class Connection {
  private let functions: gantry_libpq
  private let handle: OpaquePointer
  /// Called before a statement is sent. Tests break the connection here.
  var beforeSend: ((_ sql: String) -> Void)?

  init(_ target: PostgresTarget) throws(PostgresError) {
    let functions = try LibPQ.functions.get()
    self.functions = functions
    let names = target.keywords.map { $0.name } + ["fallback_application_name"]
    let values = target.keywords.map { $0.value } + ["gantry"]
    let opened = Self.withCStrings(names) { names in
      Self.withCStrings(values) { values in functions.connectdbParams(names, values, 0) }
    }
    guard let opened else { throw PostgresError(kind: .connection, message: "out of memory") }
    handle = opened
    guard functions.status(handle) == CONNECTION_OK else { throw lost().withAdvice }
    _ = functions.setNoticeProcessor(handle, gantry_libpq_ignore, nil)
    // A paused sink must not hold its lease's row longer than this.
    _ = try query(
      """
      SELECT set_config('idle_in_transaction_session_timeout', '5s', false), set_config('lock_timeout', '20s', false),
        set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO, YMD', false),
        set_config('synchronous_commit', 'on', false)
      """)
  }

  deinit { functions.finish(handle) }

  var processID: Int { Int(functions.backendPID(handle)) }

  // MARK: Statements

  @discardableResult func query(
    _ sql: String, _ parameters: [Parameter] = []
  ) throws(PostgresError) -> ResultRows {
    try send(Statement(sql, parameters))
    guard let result = functions.getResult(handle) else { throw lost() }
    let rows = ResultRows(functions, result)
    let failure = failure(of: result)
    while let extra = functions.getResult(handle) { functions.clear(extra) }
    if let failure { throw failure }
    return rows
  }

  /// Several statements in one text, without parameters and rows: for schemas.
  func script(_ sql: String) throws(PostgresError) {
    beforeSend?(sql)
    guard let result = functions.exec(handle, sql) else { throw lost() }
    defer { functions.clear(result) }
    if let failure = failure(of: result) { throw failure }
  }

  /// Sends every statement before it waits for the first answer. After an error the rest was not carried out.
  func pipeline(_ statements: [Statement]) throws(PostgresError) -> [ResultRows] {
    guard functions.enterPipelineMode(handle) == 1 else { throw lost() }
    for statement in statements { try send(statement) }
    guard functions.pipelineSync(handle) == 1 else { throw lost() }
    var answers: [ResultRows] = []
    answers.reserveCapacity(statements.count)
    var failure: PostgresError?
    for _ in statements {
      guard let result = functions.getResult(handle) else { throw lost() }
      let rows = ResultRows(functions, result)
      if functions.resultStatus(result) != PGRES_PIPELINE_ABORTED {
        failure = failure ?? self.failure(of: result)
        answers.append(rows)
      }
      if functions.getResult(handle) != nil { fatalError("libpq gave two results for one statement.") }
      if functions.status(handle) != CONNECTION_OK { throw failure ?? lost() }
    }
    guard let sync = functions.getResult(handle) else { throw failure ?? lost() }
    functions.clear(sync)
    guard functions.exitPipelineMode(handle) == 1 else { throw failure ?? lost() }
    if let failure { throw failure }
    return answers
  }

  /// Runs `body` between BEGIN and COMMIT; rolls back where it throws.
  func transaction<Result>(_ body: () throws -> Result) throws -> Result {
    try query("BEGIN")
    do {
      let result = try body()
      try query("COMMIT")
      return result
    } catch {
      rollBack()
      throw error
    }
  }

  /// Ends the transaction under way, if the connection still can.
  func rollBack() { _ = try? query("ROLLBACK") }

  /// `COPY … FROM STDIN` of ready-made bytes. Returns how many rows were taken.
  @discardableResult func copy(_ sql: String, _ data: [UInt8]) throws(PostgresError) -> Int {
    try send(Statement(sql))
    guard let start = functions.getResult(handle) else { throw lost() }
    let status = functions.resultStatus(start)
    let refusal = status == PGRES_COPY_IN ? nil : failure(of: start)
    functions.clear(start)
    if let refusal { throw refusal }
    let isSent = data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 20))
        guard
          functions.putCopyData(handle, piece.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(piece.count)) == 1
        else { return false }
        rest = rest.dropFirst(piece.count)
      }
      return true
    }
    guard isSent, functions.putCopyEnd(handle, nil) == 1, let end = functions.getResult(handle) else { throw lost() }
    let rows = ResultRows(functions, end)
    let failure = failure(of: end)
    while let extra = functions.getResult(handle) { functions.clear(extra) }
    if let failure { throw failure }
    return rows.affected
  }

  private func send(_ statement: Statement) throws(PostgresError) {
    beforeSend?(statement.sql)
    let parameters = statement.parameters
    let types = parameters.map { $0.oid }
    let formats: [Int32] = parameters.map { $0.isBinary ? 1 : 0 }
    let contents = parameters.map { $0.encoded }
    let lengths = contents.map { Int32($0?.count ?? 0) }
    let isSent = Self.withPointers(contents) { values in
      functions.sendQueryParams(handle, statement.sql, Int32(parameters.count), types, values, lengths, formats, 0)
    }
    guard isSent == 1 else { throw lost() }
  }

  // MARK: Failures

  private func failure(of result: OpaquePointer) -> PostgresError? {
    switch functions.resultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_COPY_IN, PGRES_PIPELINE_SYNC, PGRES_EMPTY_QUERY: return nil
    default: break
    }
    func field(_ code: Character) -> String {
      functions.resultErrorField(result, Int32(code.asciiValue!)).map { String(cString: $0) } ?? ""
    }
    let state = field("C")
    guard !state.isEmpty else {
      return PostgresError(
        kind: .connection, message: Self.line(String(cString: functions.resultErrorMessage(result)!)))
    }
    return PostgresError(
      kind: .server, sqlState: state, message: field("M"), detail: field("D"), table: field("t"), column: field("c"),
      constraint: field("n"))
  }

  private func lost() -> PostgresError {
    PostgresError(kind: .connection, message: Self.line(String(cString: functions.errorMessage(handle)!)))
  }

  /// libpq ends its messages with a line break and puts several into one.
  static func line(_ text: String) -> String {
    text.split(separator: "\n").map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
  }

  // MARK: Memory for C

  private static func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
  ) -> Result {
    withPointers(texts.map { Array($0.utf8) + [0] }) { pointers in body(pointers) }
  }

  /// An array of pointers to `contents` that ends with a null pointer; nil is one too.
  private static func withPointers<Result>(
    _ contents: [[UInt8]?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
  ) -> Result {
    // An empty array's base address may be null, which would mean NULL.
    let copies: [UnsafeMutablePointer<UInt8>?] = contents.map { bytes in
      guard let bytes else { return nil }
      let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
      copy.initialize(repeating: 0, count: max(bytes.count, 1))
      bytes.withUnsafeBufferPointer { source in
        if let start = source.baseAddress { copy.update(from: start, count: bytes.count) }
      }
      return copy
    }
    defer { for copy in copies { copy?.deallocate() } }
    let pointers =
      copies.map { $0.map { UnsafePointer(UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)) } } + [nil]
    return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
  }
}
