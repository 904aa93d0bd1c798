/// Every setting that changes what SQLite does, stated because the defaults differ from one build to the next.
enum Pragmas {
  static func text(_ role: Connection.Role, pageBytes: Int, cacheBytes: Int, logBytesKept: Int) -> String {
    let common: KeyValuePairs = [
      // Sorting and statement journals never touch the disk.
      "temp_store": "MEMORY",
      // Reads go through our file system, which checks each page; mapped pages would not.
      "mmap_size": "0",
      // Other connections read while this one works.
      "locking_mode": "NORMAL",
      // Negative: in KiB.
      "cache_size": "-\(max(cacheBytes / 1024, 64))",
      // The index is guarded by our own locks; whoever finds one taken is told, and does not wait on a loop.
      "busy_timeout": "0",
      // No schema but ours is ever loaded, and nothing in it may call functions.
      "trusted_schema": "OFF",
      // Page checksums find more, and earlier.
      "cell_size_check": "OFF",
    ]
    let reader: KeyValuePairs = ["query_only": "ON"]
    let writer: KeyValuePairs = [
      // The size that the checksums are laid out for. Has an effect only on a database that is yet to be made.
      "page_size": "\(pageBytes)",
      // The file only grows; free pages are used again. Moving pages would cost writes.
      "auto_vacuum": "NONE",
      // Readers and the writer do not block each other.
      "journal_mode": "WAL",
      // Commits are not synced, checkpoints are: the node's log makes writes durable.
      "synchronous": "NORMAL",
      "fullfsync": "OFF",
      "checkpoint_fullfsync": "OFF",
      // Only the store decides when to checkpoint, and only on this connection.
      "wal_autocheckpoint": "0",
      // After a checkpoint the log file is cut to this when it is longer.
      "journal_size_limit": "\(logBytesKept)",
      // Overwriting deleted rows with zeros would write pages for nothing.
      "secure_delete": "OFF",
      // A flush larger than the cache goes to the log early instead of filling memory.
      "cache_spill": "ON",
      "foreign_keys": "OFF",
    ]
    return [common, role == .writer ? writer : reader].flatMap { $0 }
      .map { "PRAGMA \($0.key)=\($0.value);" }.joined()
  }
}
