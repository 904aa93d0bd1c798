/// What a store has in its files.
struct FileSources {
  let reader: RowReader
  /// Nil where no row is appended.
  var appended: (index: AppendedIndex, reader: AppendedReader)?
  /// Whether the database holds rows too that would be appended today.
  var isMixed = false

  func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    if let appended, appended.index.keys.hold(key) {
      let cursor = try AppendedCursor(appended.index, appended.reader, from: key, to: key + [0], reverse: false)
      if !cursor.isAtEnd { return [UInt8](copying: cursor.value) }
      guard isMixed else { return nil }
    }
    return try reader.get(key)
  }

  func rows(from: [UInt8], to: [UInt8]?, reverse: Bool) throws(StoreError) -> FileRows {
    guard let (index, appendedReader) = appended, index.keys.meet(from: from, to: to) else {
      return try FileRows(try reader.range(from: from, to: to, reverse: reverse), nil, reverse: reverse)
    }
    let database =
      isMixed || !index.keys.include(from: from, to: to)
      ? try reader.range(from: from, to: to, reverse: reverse) : nil
    do throws(StoreError) {
      let cursor =
        index.isEmpty ? nil : try AppendedCursor(index, appendedReader, from: from, to: to, reverse: reverse)
      return try FileRows(database, cursor, reverse: reverse)
    } catch {
      database?.finish()
      throw error
    }
  }
}

/// The rows of both kinds of files as one ordered sequence; no key is in both.
struct FileRows {
  private let database: RowCursor?
  private var appended: AppendedCursor?
  private let isReverse: Bool
  private var isAppendedNext = false

  init(_ database: RowCursor?, _ appended: AppendedCursor?, reverse: Bool) throws(StoreError) {
    self.database = database
    self.appended = appended
    isReverse = reverse
    do throws(StoreError) { try database?.advance() } catch {
      database?.finish()
      throw error
    }
    choose()
  }

  var isAtEnd: Bool { !isAppendedNext && (database?.isAtEnd ?? true) }

  /// Valid until the cursor moves.
  var key: UnsafeRawBufferPointer { isAppendedNext ? appended!.key : database!.key }
  var value: UnsafeRawBufferPointer { isAppendedNext ? appended!.value : database!.value }

  mutating func advance() throws(StoreError) {
    if isAppendedNext { try appended?.advance() } else { try database?.advance() }
    choose()
  }

  func finish() { database?.finish() }

  private mutating func choose() {
    isAppendedNext = false
    guard let appended, !appended.isAtEnd else { return }
    isAppendedNext = true
    guard let database, !database.isAtEnd else { return }
    let order = compareBytes(appended.key, database.key)
    isAppendedNext = isReverse ? order > 0 : order < 0
  }
}
