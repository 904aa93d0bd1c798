import Bytes
import Environment
import Foundation
import Items
import Journal
import Raft
import System

/// One bit of a file flipped, or its end cut off.
struct Damage: CustomStringConvertible {
  enum Kind: String, CaseIterable {
    case journal, database, current, wal

    func includes(_ path: String) -> Bool {
      switch self {
      case .journal: path.hasSuffix(".log")
      case .database: path.hasSuffix(".db")
      case .current: path.hasSuffix("/CURRENT")
      case .wal: path.hasSuffix("-wal")
      }
    }
  }

  let kind: Kind
  let path: String
  let isCut: Bool
  /// Of the byte that changes, or of the new end.
  let offset: UInt64
  let bit: UInt8

  var description: String { "\(path) \(isCut ? "cut to" : "bit \(bit) flipped at") \(offset)" }

  /// A file of a stopped node's folder: of the log mostly the one that was written last.
  static func choose(_ kind: Kind, in folder: String, _ random: inout SeededRandom) throws -> Damage {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    var paths = try names.map { "\(folder)/\($0)" }.filter { try kind.includes($0) && used($0) > 0 }
    // No log of a database may have been begun.
    if paths.isEmpty { paths = try names.map { "\(folder)/\($0)" }.filter { try $0.hasSuffix(".db") && used($0) > 0 } }
    if kind == .journal, random.chance(2, in: 3) { paths = [try paths.max { try written($0) < written($1) }!] }
    let path = paths[Int(random.below(UInt64(paths.count)))]
    return Damage(
      kind: kind, path: path, isCut: random.chance(1, in: 2), offset: random.below(try used(path)),
      bit: UInt8(random.below(8)))
  }

  private static func written(_ path: String) throws -> Date {
    try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date ?? .distantPast
  }

  /// Bytes before the zeros at the end.
  private static func used(_ path: String) throws -> UInt64 {
    let bytes = try Data(contentsOf: URL(filePath: path))
    return UInt64(bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0)
  }

  func make() throws {
    let file = try FileHandle(forUpdating: URL(filePath: path))
    defer { try? file.close() }
    if isCut { return try file.truncate(atOffset: offset) }
    try file.seek(toOffset: offset)
    guard let byte = try file.read(upToCount: 1)?.first else { throw Failure(text: "\(path) ends before \(offset)") }
    try file.seek(toOffset: offset)
    try file.write(contentsOf: Data([byte ^ 1 << bit]))
  }
}

/// Everything that the log of a stopped node holds, as the node's own code finds it in a copy.
struct JournalContent {
  private struct Log: Equatable {
    var hardState: HardState
    var compacted: LogPosition
    var membership: Membership?
    var entries: [Entry]
  }

  private var logs: [GroupID: Log] = [:]
  private var damage: Journal.Damage?

  var isDamaged: Bool { damage != nil }

  /// Groups whose log is no longer what it was although nothing says so.
  func silentlyChanged(from before: JournalContent) -> [GroupID] {
    before.logs.keys.sorted().filter { damage?.affects($0) != true && logs[$0] != before.logs[$0] }
  }

  init(_ cluster: TestCluster, _ node: String) throws {
    let copy = FileManager.default.temporaryDirectory.appending(path: "gantry-journal-\(UUID().uuidString)").path()
    try FileManager.default.copyItem(atPath: cluster.data + "/\(node)/data/journal", toPath: copy)
    defer { try? FileManager.default.removeItem(atPath: copy) }
    guard let id = try cluster.description()["cluster"]?.text, let number = UInt64(node.dropFirst()) else {
      throw Failure(text: "the cluster does not say who it is")
    }
    let configuration = JournalConfiguration(
      segmentBytes: 4 << 20, salt: Hash64.hash(Array(id.utf8), seed: number), expectsRecords: true)
    let (journal, recovery) = try Journal.open(disk: RealDisk(), directory: copy, configuration: configuration)
    damage = recovery.damage
    for (group, log) in recovery.groups {
      let entries = try journal.read(group, from: log.compacted.index + 1, bytesMax: .max)
      logs[group] = Log(
        hardState: log.hardState, compacted: log.compacted, membership: log.membership, entries: entries)
    }
  }
}
