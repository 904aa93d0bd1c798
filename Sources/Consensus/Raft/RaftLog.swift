internal import DequeModule

/// The log as the core sees it: the terms of all entries since compaction, the newest entries in memory, and how far
/// each of the steps append → persist → commit → apply has come.
///
/// Always: compacted ≤ applied ≤ handedToApply ≤ commit ≤ last and persisted ≤ handedToPersist ≤ last.
struct RaftLog: Sendable {
  private(set) var compacted: LogPosition
  private(set) var last: LogPosition
  /// The first entry of each term above `compacted`, ascending.
  private var runs: [LogPosition]
  /// The last entries of the log, without a gap.
  private var cache: Deque<Entry>
  private(set) var cacheBytes = 0
  private(set) var truncations: UInt64 = 0
  private(set) var persisted: LogIndex
  private(set) var handedToPersist: LogIndex
  private(set) var commit: LogIndex
  private(set) var handedToApply: LogIndex
  private(set) var applied: LogIndex
  /// The batch built last: followers in step with each other are sent the same array.
  private var lastBatch: [Entry] = []
  private var lastBatchBytes = 0

  init(_ recovered: Recovered) {
    compacted = recovered.compacted
    runs = recovered.terms
    cache = Deque(recovered.entries)
    for (earlier, later) in zip(runs, runs.dropFirst())
    where !(earlier.index < later.index && earlier.term < later.term) {
      fatalError("The recovered term runs do not ascend.")
    }
    for (earlier, later) in zip(cache, cache.dropFirst()) where earlier.index + 1 != later.index {
      fatalError("The recovered entries have a gap.")
    }
    if let first = cache.first, first.index <= compacted.index {
      fatalError("The recovered entries reach below the compacted position.")
    }
    let lastIndex = cache.last?.index ?? recovered.lastIndex
    guard lastIndex == recovered.lastIndex else { fatalError("The recovered entries do not reach the end of the log.") }
    for entry in cache where runs.isEmpty || runs[runs.count - 1].term < entry.term { runs.append(entry.position) }
    if let first = runs.first, first.index != compacted.index + 1 {
      fatalError("The recovered term runs do not start after the compacted position.")
    }
    last = LogPosition(index: lastIndex, term: lastIndex > compacted.index ? runs.last?.term ?? 0 : compacted.term)
    applied = max(recovered.applied, compacted.index)
    handedToApply = applied
    commit = min(max(recovered.hardState.commit, applied), lastIndex)
    persisted = lastIndex
    handedToPersist = lastIndex
    guard applied <= lastIndex else { fatalError("The recovered log ends before the applied index.") }
    guard lastIndex == compacted.index || !runs.isEmpty else { fatalError("The recovered log has no terms.") }
    guard firstCached <= applied + 1 else {
      fatalError("The recovered entries do not reach back to the applied index.")
    }
    cacheBytes = cache.reduce(0) { $0 + $1.cost }
    for entry in cache where term(at: entry.index) != entry.term {
      fatalError("The recovered entries contradict the recovered terms.")
    }
  }

  /// The first index in memory; `last.index + 1` when none is.
  var firstCached: LogIndex { last.index + 1 - UInt64(cache.count) }

  /// Nil below the compacted position and above the end.
  func term(at index: LogIndex) -> Term? {
    if index > last.index || index < compacted.index { return nil }
    if index == compacted.index { return compacted.term }
    if let newest = runs.last, index >= newest.index { return newest.term }
    var low = 0
    var high = runs.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if runs[middle].index <= index { low = middle } else { high = middle }
    }
    return runs[low].term
  }

  func holds(_ position: LogPosition) -> Bool { term(at: position.index) == position.term }

  /// The last place at or before `index` whose term is at most `term`: everything between cannot agree with a log
  /// whose entry at `index` has that term. Skips a whole term a step (paper, section 5.3, last paragraphs).
  func lastPosition(atMost index: LogIndex, termAtMost term: Term) -> LogPosition {
    var index = min(index, last.index)
    for run in runs.reversed() where run.index <= index {
      if run.term <= term { return LogPosition(index: index, term: run.term) }
      index = run.index - 1
    }
    return LogPosition(index: min(index, compacted.index), term: compacted.term)
  }

  mutating func append(_ entry: Entry) {
    guard entry.index == last.index + 1, entry.term >= last.term else {
      fatalError("An appended entry does not follow the end of the log.")
    }
    if runs.isEmpty || entry.term != last.term { runs.append(entry.position) }
    cache.append(entry)
    cacheBytes += entry.cost
    last = entry.position
  }

  /// Nothing shows it earlier: a log whose end is gone as a whole looks like one that was never longer.
  static let lostByAMajority =
    "Entries that were committed are gone from the logs of a majority, whose disks had said that they were synced."

  /// Drops the entries from `index` on, because a leader has others there.
  mutating func truncate(from index: LogIndex) {
    guard index > commit else {
      fatalError(
        "A leader's entries contradict an entry that was committed here. \(Self.lostByAMajority) Keep a copy of this "
          + "node's data, which may have what the others lost, and replace the node, or restore a backup.")
    }
    guard let previousTerm = term(at: index - 1) else { fatalError("The log is truncated outside its range.") }
    for _ in index...last.index { cacheBytes -= cache.removeLast().cost }
    while let run = runs.last, run.index >= index { runs.removeLast() }
    last = LogPosition(index: index - 1, term: previousTerm)
    if handedToPersist >= index {
      handedToPersist = index - 1
      truncations += 1
    }
    persisted = min(persisted, index - 1)
    lastBatch = []
  }

  mutating func commit(to index: LogIndex) {
    guard index <= last.index else { fatalError("A commit index lies beyond the end of the log.") }
    if index > commit { commit = index }
  }

  /// True where the ticket's position counts as synced.
  mutating func persisted(_ ticket: SyncTicket) -> Bool {
    guard ticket.truncations == truncations, ticket.last.index > persisted else { return false }
    guard ticket.last.index <= handedToPersist else { fatalError("Entries were reported synced before handed out.") }
    persisted = ticket.last.index
    return true
  }

  mutating func applied(_ index: LogIndex) {
    guard index <= handedToApply else { fatalError("Entries were reported applied before they were handed out.") }
    applied = max(applied, index)
  }

  var hasEntriesToPersist: Bool { handedToPersist < last.index }

  mutating func takeEntriesToPersist() -> [Entry] {
    guard hasEntriesToPersist else { return [] }
    defer { handedToPersist = last.index }
    return Array(cache[offset(of: handedToPersist + 1)...])
  }

  /// Only synced entries are applied, so that no state on disk is ever ahead of the log on the same disk.
  var applyLimit: LogIndex { min(commit, persisted) }

  var hasEntriesToApply: Bool { handedToApply < applyLimit }

  mutating func takeEntriesToApply(bytesMax: Int) -> [Entry] {
    guard hasEntriesToApply else { return [] }
    let entries = batch(from: handedToApply + 1, through: applyLimit, bytesMax: bytesMax)
    handedToApply += UInt64(entries.count)
    return entries
  }

  /// Entries for a follower from `index` (in memory) on, at least one.
  mutating func takeBatch(from index: LogIndex, bytesMax: Int) -> [Entry] {
    if let first = lastBatch.first, first.index == index, lastBatch[lastBatch.count - 1].index == last.index {
      return lastBatch
    }
    lastBatch = batch(from: index, through: last.index, bytesMax: bytesMax)
    return lastBatch
  }

  /// Ends the sharing of batches: the array would keep evicted entries alive.
  mutating func forgetBatch() { lastBatch = [] }

  private func batch(from index: LogIndex, through end: LogIndex, bytesMax: Int) -> [Entry] {
    let start = offset(of: index)
    let limit = offset(of: end)
    var stop = start
    var bytes = 0
    repeat {
      bytes += cache[stop].cost
      stop += 1
    } while stop <= limit && bytes + cache[stop].cost <= bytesMax
    return Array(cache[start..<stop])
  }

  private func offset(of index: LogIndex) -> Int {
    guard index >= firstCached else { fatalError("An entry that is no longer in memory was asked for.") }
    return Int(index - firstCached)
  }

  /// Forgets the oldest entries beyond the bound that are synced and applied.
  mutating func evict(bytesMax: Int) {
    let limit = min(persisted, applied)
    while cacheBytes > bytesMax, let first = cache.first, first.index <= limit {
      cacheBytes -= first.cost
      cache.removeFirst()
    }
  }

  mutating func compact(through position: LogPosition) {
    guard position.index > compacted.index else { return }
    guard holds(position), position.index <= min(applied, persisted) else {
      fatalError("The log is compacted beyond what is applied and synced.")
    }
    dropThrough(position)
  }

  private mutating func dropThrough(_ position: LogPosition) {
    while let first = cache.first, first.index <= position.index {
      cacheBytes -= first.cost
      cache.removeFirst()
    }
    if let stays = runs.lastIndex(where: { $0.index <= position.index }) {
      let term = runs[stays].term
      let next = stays + 1 < runs.count ? runs[stays + 1].index : last.index + 1
      runs.removeFirst(stays + 1)
      // The run that the cut goes through keeps its rest.
      if next > position.index + 1 { runs.insert(LogPosition(index: position.index + 1, term: term), at: 0) }
    }
    compacted = position
  }

  /// Takes over a snapshot; the entries after it stay where the log agrees with it. Returns whether they did, and
  /// whether the log on disk has to start anew after it, because there it does not reach so far.
  mutating func installSnapshot(_ position: LogPosition) -> (isKept: Bool, isReset: Bool) {
    let isKept = holds(position)
    let isReset = !isKept || handedToPersist < position.index
    if isKept {
      dropThrough(position)
    } else {
      compacted = position
      last = position
      runs = []
      cache = []
      cacheBytes = 0
      lastBatch = []
    }
    if isReset {
      truncations += 1
      handedToPersist = position.index
      persisted = position.index
    }
    persisted = max(persisted, position.index)
    commit = max(commit, position.index)
    handedToApply = position.index
    applied = position.index
    return (isKept, isReset)
  }
}

extension Entry {
  /// Memory that an entry takes, in bytes.
  var cost: Int { payload.count + 64 }
}
