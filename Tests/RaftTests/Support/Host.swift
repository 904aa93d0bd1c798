import Environment

@testable import Raft

/// What a replica has on its disk.
struct DiskImage {
  var hardState = HardState()
  /// The log starts after this position.
  var compacted = LogPosition.zero
  var entries: [Entry] = []
  /// The state machine's durable state: the entries that it has applied.
  var checkpoint: [Entry] = []
  var membership: Membership

  var checkpointPosition: LogPosition { checkpoint.last?.position ?? .zero }

  mutating func write(_ write: PendingWrite) {
    if let position = write.logReset {
      compacted = position
      entries = []
    }
    if let hardState = write.hardState { self.hardState = hardState }
    if let first = write.entries.first {
      entries.removeAll { $0.index >= first.index }
      entries += write.entries
    }
  }

  /// With `tail`, only that many entries below the applied index are loaded.
  func recovered(tail: Int = .max) -> Recovered {
    var log = entries
    var start = compacted
    // A crash between a snapshot's installation and the write that resets the log.
    let position = checkpointPosition
    if position.index > (log.last?.index ?? start.index)
      || (position.index > start.index && log[Int(position.index - start.index) - 1].term != position.term)
    {
      log = []
      start = position
    }
    var terms: [LogPosition] = []
    for entry in log where terms.last?.term != entry.term { terms.append(entry.position) }
    let lastIndex = log.last?.index ?? start.index
    let keepFrom = tail == .max ? 0 : position.index - min(position.index, UInt64(tail))
    return Recovered(
      hardState: hardState, membership: membership, compacted: start, terms: terms,
      entries: log.filter { $0.index > keepFrom }, lastIndex: lastIndex, applied: position.index)
  }
}

struct PendingWrite {
  var logReset: LogPosition?
  var hardState: HardState?
  var entries: [Entry]
  var ticket: SyncTicket
  var messages: [Message]
}

/// A driver that keeps the contract of ``RaftGroup``, with a disk whose syncs end when the test says so.
final class Host {
  let id: ReplicaID
  var raft: RaftGroup?
  var disk: DiskImage
  var writes: [PendingWrite] = []
  var isSyncHeld = false
  var clock = DriftingClock()
  /// A stopped process: nothing is read, synced or noticed, and messages wait.
  var isPaused = false
  /// Applied entries from index 1 on.
  var state: [Entry] = []
  var offer: SnapshotOffer?

  init(id: ReplicaID, membership: Membership) {
    self.id = id
    disk = DiskImage(membership: membership)
  }

  func start(_ configuration: RaftConfiguration, seed: UInt64, now: Instant, tail: Int = .max) {
    let recovered = disk.recovered(tail: tail)
    disk.compacted = recovered.compacted
    disk.entries.removeAll { $0.index <= recovered.compacted.index || $0.index > recovered.lastIndex }
    state = disk.checkpoint
    raft = RaftGroup(
      configuration: configuration, id: id, recovered: recovered, random: SeededRandom(seed: seed), now: now)
  }

  /// When the replica has to be told the time, in real time.
  var due: Instant { isPaused ? .distantFuture : raft.map { clock.real(of: $0.nextDeadline) } ?? .distantFuture }

  /// The process ends. The first `surviving` unsynced writes have reached the disk.
  func crash(surviving: Int) {
    for write in writes.prefix(surviving) { disk.write(write) }
    writes = []
    raft = nil
    offer = nil
    isPaused = false
  }

  /// Makes the state durable through `index` and drops the log below it.
  func compact(through index: LogIndex) {
    guard let group = raft, let term = group.term(at: index), index > disk.checkpointPosition.index else { return }
    let position = LogPosition(index: index, term: term)
    disk.checkpoint = Array(state.prefix(Int(index)))
    disk.membership = group.membership(at: index)
    raft?.compact(through: position)
    disk.entries.removeAll { $0.index <= index }
    disk.compacted = position
  }

  /// Takes over the whole state of `source`, whatever position it has now.
  func installSnapshot(from source: Host) -> LogPosition? {
    guard let group = source.raft, let last = source.state.last else { return nil }
    guard let own = raft, last.index > own.applied else { return nil }
    offer = nil
    state = source.state
    disk.checkpoint = source.state
    disk.membership = group.membership(at: last.index)
    raft?.snapshotInstalled(last.position, membership: disk.membership)
    return last.position
  }

  /// Everything written, synced or not, newest version of each entry.
  func logEntries(after previous: LogPosition, through: LogIndex, bytesMax: Int) -> [Entry] {
    var image = disk
    for write in writes { image.write(write) }
    var bytes = 0
    var found: [Entry] = []
    for entry in image.entries where entry.index > previous.index && entry.index <= through {
      bytes += entry.cost
      if !found.isEmpty && bytes > bytesMax { break }
      found.append(entry)
    }
    return found.first?.index == previous.index + 1 ? found : []
  }
}
