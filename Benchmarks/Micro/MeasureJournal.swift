import Benchmark
import Environment
import Journal
import Raft
import Scratch
import System

/// A journal of one group, written as a node writes it: in turns of eight entries.
private final class MeasuredJournal {
  static let entryBytes = 512
  static let entriesPerTurn: LogIndex = 8
  static let compactEvery: LogIndex = 4_096

  let folder = TemporaryFolder()
  private let journal: Journal
  private let group = GroupID(1)
  private let members = Membership(voters: [ReplicaID(1), ReplicaID(2), ReplicaID(3)])

  init() {
    let path = folder.path
    journal = must {
      try Journal.open(disk: RealDisk(), directory: path, configuration: JournalConfiguration()).journal
    }
    prepare()
  }

  func nextEntries() -> [Entry] {
    let last = journal.last(of: group).index
    let payload = [UInt8](repeating: 0x70, count: Self.entryBytes)
    return (1...Self.entriesPerTurn).map { Entry(index: last + $0, term: 1, kind: .normal, payload: payload) }
  }

  /// One turn: append, write, sync.
  func write(_ entries: [Entry]) {
    journal.append(group, entries: entries)
    guard let write = must({ try journal.takeWrite() }) else { fatalError("The journal has something to write.") }
    must { try write.perform() }
    must { try journal.completed(write) }
  }

  /// What other threads do meanwhile: segments are kept ready, and old entries go.
  func keepUp() {
    let last = journal.last(of: group)
    if last.index % Self.compactEvery == 0 { journal.compact(group, through: last, membership: members) }
    prepare()
  }

  private func prepare() {
    while let preparation = must({ try journal.takePreparation() }) {
      must { try preparation.perform() }
      must { try journal.completed(preparation) }
    }
  }
}

func measureJournal() {
  Benchmark("Journal: append and sync 4 KiB", configuration: .slow) { (benchmark, measured: MeasuredJournal) in
    let entries = measured.nextEntries()
    benchmark.startMeasurement()
    measured.write(entries)
    benchmark.stopMeasurement()
    measured.keepUp()
  } setup: {
    MeasuredJournal()
  }
}
