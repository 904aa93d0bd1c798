internal import DequeModule
internal import Environment
public import Raft

extension Journal {
  /// Entries from `index` on, at most about `bytesMax` bytes of payload but at least one; empty after the end. Reads
  /// files for what is durable (the page cache has the newer ones), memory for the rest.
  ///
  /// Throws ``JournalError/Kind/compacted`` where `index` is gone, ``JournalError/Kind/damaged`` where a record is not
  /// what was written.
  public func read(_ group: GroupID, from index: LogIndex, bytesMax: Int) throws(JournalError) -> [Entry] {
    try checkUsable()
    guard let log = groups[group] else { return [] }
    guard index >= log.index.first else {
      throw JournalError(.compacted, "group \(group.rawValue): entry \(index) was compacted")
    }
    var reader = SegmentReader(salt: configuration.salt)
    var entries: [Entry] = []
    var bytes = 0
    var next = index
    while next < log.index.next {
      if !entries.isEmpty && bytes >= bytesMax { break }
      let entry = try self.entry(at: next, of: log, &reader)
      bytes += entry.payload.count
      if !entries.isEmpty && bytes > bytesMax { break }
      entries.append(entry)
      next += 1
    }
    return entries
  }

  private func entry(
    at index: LogIndex, of log: Group, _ reader: inout SegmentReader
  ) throws(JournalError) -> Entry {
    if index >= log.firstUnwritten { return log.unwritten[Int(index - log.firstUnwritten)] }
    let slot = log.index[index]
    guard let segment = segments[slot.segment], let term = log.index.term(at: index) else {
      fatalError("Group \(log.id.rawValue) has entry \(index) in segment \(slot.segment), which is gone.")
    }
    return try reader.entry(slot, in: segment.file, group: log.id, index: index, term: term)
  }

  /// The newest entries, as many as `bytesMax` bytes of records allow.
  func tail(of log: Group, bytesMax: Int) throws(JournalError) -> [Entry] {
    var from = log.index.next
    var bytes = 0
    while from > log.index.first {
      bytes += Int(log.index[from - 1].length)
      if bytes > bytesMax { break }
      from -= 1
    }
    return from == log.index.next ? [] : try read(log.id, from: from, bytesMax: .max)
  }
}
