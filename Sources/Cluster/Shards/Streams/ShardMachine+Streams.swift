import Bytes
import Catalog
import Items
public import Messages
import Store

/// What streams are told, and what they give up.
extension ShardMachine {
  /// Looked at beyond what is shown, so that a feed full of changes that no stream shows is no long read.
  private static let lookedAtMax = 4_096

  /// A page of a stream. The caller has seen to it that the state is new enough.
  public func read(_ read: StreamRead) -> Answer {
    guard damage == nil else { return .refused(.notLeader(leader: nil)) }
    guard let table = tables[read.table] else { return .refused(.unknownTable) }
    guard let stream = table.feed.stream(read.startedAtMs) else { return .stream(StreamPage(span: nil)) }
    let span = table.feed.span(of: stream)
    var page = StreamPage(span: span, through: span.horizon)
    if case .after(let sequence) = read.start {
      page.isTrimmed = sequence < span.horizon
      page.through = max(sequence, span.horizon)
    }
    guard read.recordsMax > 0, !page.isTrimmed else { return .stream(page) }
    do { try fill(&page, of: table, stream, span, read) } catch { return .refused(unreadable(error)) }
    return .stream(page)
  }

  private func fill(
    _ page: inout StreamPage, of table: ServedTable, _ stream: FeedState.Stream, _ span: StreamSpan, _ read: StreamRead
  ) throws {
    // What is expired may still be there for other readers.
    let from = max(page.through, table.feed.expired)
    if from < span.end {
      let id = table.settings.id
      var (lookedAt, bytes, isCut) = (0, 0, false)
      let upper = FeedRow.key(id, span.end) + [0]
      try store.scan(from: FeedRow.key(id, from + 1), to: upper, reverse: false) { key, value in
        let record = try ChangeRecord(sequence: try FeedRow.sequence(of: key), value)
        page.through = record.sequence
        lookedAt += 1
        bytes += value.count
        if let shown = record.shown(by: stream) { page.records.append(shown) }
        isCut =
          page.records.count >= Int(min(read.recordsMax, StreamRead.recordsMax))
          || bytes >= Int(min(read.bytesMax, StreamRead.pageBytesMax)) || lookedAt >= Self.lookedAtMax
        return isCut ? .stop : .proceed
      }
      if isCut { return }
    }
    page.through = max(page.through, span.until ?? span.end)
  }

  // MARK: Trimming

  /// What streams keep of the table's feed, in bytes.
  public func streamBytes(of id: TableID) -> UInt64 { tables[id]?.feed.streamBytes ?? 0 }

  /// The next slice of records that streams need not show; nil where nothing is due.
  ///
  /// - Parameters:
  ///   - beforeMs: records of that logical time and older are due; nil: none for its age.
  ///   - excessBytes: so much is due besides, oldest first, however young it is.
  public func nextTrim(of id: TableID, beforeMs: UInt64?, excessBytes: UInt64 = 0) throws -> StreamTrim? {
    guard let table = tables[id], let first = table.feed.streams.first else { return nil }
    let feed = table.feed
    var trim = StreamTrim(table: id, through: feed.expired, lost: 0, bytes: feed.expiredBytes)
    /// The oldest record that stays.
    var kept: UInt64?
    var (count, bytes) = (0, 0)
    let from = FeedRow.key(id, max(feed.expired, first.since) + 1)
    try store.scan(from: from, to: RowRange.feed(of: id).upper, reverse: false) { key, value in
      let record = try ChangeRecord(sequence: try FeedRow.sequence(of: key), value)
      let isOld = beforeMs.map { record.timeMs <= $0 } ?? false
      let isDue = isOld || trim.bytes < feed.expiredBytes + excessBytes
      guard isDue, count < StreamTrim.recordsMax, bytes < StreamTrim.bytesMax else {
        kept = record.sequence
        return .stop
      }
      count += 1
      bytes += value.count
      trim.through = record.sequence
      trim.bytes = record.feedBytes
      if feed.streams.contains(where: { record.shown(by: $0) != nil }) { trim.lost = record.sequence }
      return .proceed
    }
    // Its records are no younger than its end.
    trim.forgotten = feed.streams.filter { stream in
      guard let beforeMs, let closed = stream.closed, closed.atMs <= beforeMs else { return false }
      return kept == nil || kept! > closed.through
    }.map(\.startedAtMs)
    return trim.through > feed.expired || !trim.forgotten.isEmpty ? trim : nil
  }

  func trim(_ trim: StreamTrim) {
    guard let table = tables[trim.table] else { return }
    let before = table.spare
    table.feed.take(trim)
    list(table)
    keep(table)
    remove(table, after: before, through: table.spare)
  }
}

extension ChangeRecord {
  /// The record as the stream shows it; nil where it does not.
  func shown(by stream: FeedState.Stream) -> StreamRecord? {
    guard index == nil, flags.isDisjoint(with: [.changesNothing, .isImage]), stream.shows(sequence) else { return nil }
    let change: StreamRecord.Change = old == nil ? .insert : new == nil ? .remove : .modify
    return StreamRecord(
      sequence: sequence, timeMs: timeMs, change: change, isExpiry: flags.contains(.isExpiry), key: key,
      old: stream.view.showsOld ? old : nil, new: stream.view.showsNew ? new : nil)
  }
}
