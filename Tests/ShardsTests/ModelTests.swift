import Environment
import Expressions
import Items
import Messages
import Raft
import Shards
import Testing

/// Random writes of a leader, several proposed before the first is applied, against a dictionary.
@Suite struct ModelTests {
  @Test(arguments: UInt64(1)...30) func aShardBehavesLikeADictionary(seed: UInt64) throws {
    var run = try ModelRun(seed: seed)
    for _ in 0..<250 { try run.step() }
    try run.finish()
    #expect(run.waited > 0 && run.failed > 0 && run.written > 50, "The run reached what it is for.")
  }
}

private struct ModelRun {
  private var random: SeededRandom
  private let shard: TestShard
  /// The value of `n` of each item as the newest proposal has it.
  private var proposed: [Int: Int] = [:]
  /// The same of the applied entries, with the changes that are still to be applied.
  private var applied: [Int: Int] = [:]
  private var changes: [(index: LogIndex, key: Int, value: Int?)] = []
  private(set) var waited = 0
  private(set) var failed = 0
  private(set) var written = 0

  private static let n = Array("n".utf8)

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    shard = try TestShard()
  }

  mutating func step() throws {
    switch random.below(12) {
    case 0: apply(through: shard.last - min(shard.last, random.below(4)))
    case 1: try checkReads()
    case 2: if random.chance(1, in: 3) { try shard.flush() }
    case 3: if random.chance(1, in: 5) { try shard.checkpoint() }
    default: try write()
    }
  }

  mutating func finish() throws {
    apply(through: shard.last)
    #expect(applied == proposed)
    #expect(shard.machine.proposedCount == 0)
    try checkReads()
    try shard.flush()
    try shard.reopen()
    try checkReads()
  }

  private mutating func write() throws {
    let key = Int(random.below(6))
    let old = proposed[key]
    let bound = Int(random.below(8))
    var write = ItemWrite(key: rowKey("k\(key)"), action: .delete, returns: [.old, .onConditionFailure])
    let isAllowed: Bool
    switch random.below(4) {
    case 0:
      write.condition = try condition("attribute_not_exists(n)")
      isAllowed = old == nil
    case 1:
      write.condition = try condition("n < :bound", [":bound": .number(Number(bound))])
      isAllowed = old.map { $0 < bound } ?? false
    default: isAllowed = true
    }
    let value = Int(random.below(8))
    let result: Int?
    switch random.below(3) {
    case 0: result = nil
    case 1:
      write.action = .put(Self.item(key, value))
      result = value
    default:
      write.action = .update(try update("ADD n :n", [":n": .number(Number(value))]), key: ShardsTests.item("k\(key)"))
      result = (old ?? 0) + value
    }
    try check(shard.submit(write), key, old: old, isAllowed: isAllowed, result: result)
  }

  private mutating func check(_ verdict: Verdict, _ key: Int, old: Int?, isAllowed: Bool, result: Int?) throws {
    let oldItem = old.map { Self.item(key, $0) }
    guard isAllowed else {
      failed += 1
      let (answer, after) = try #require(verdict.answered)
      #expect(answer == .conditionFailed(old: oldItem, oldBytes: UInt32(oldItem?.sizeBytes ?? 0)))
      #expect(after == changes.last { $0.key == key }?.index)
      if after != nil { waited += 1 }
      return
    }
    written += 1
    #expect(try #require(verdict.written).old == oldItem)
    #expect(verdict.image == .some(result.map { Self.item(key, $0) }))
    proposed[key] = result
    changes.append((shard.last, key, result))
  }

  private mutating func apply(through index: LogIndex) {
    shard.apply(through: index)
    while let change = changes.first, change.index <= index {
      changes.removeFirst()
      applied[change.key] = change.value
    }
  }

  /// Reads show applied entries only.
  private func checkReads() throws {
    for key in 0..<6 { #expect(try shard.item(rowKey("k\(key)")) == applied[key].map { Self.item(key, $0) }) }
    let all = RangeRead(
      lower: RowKey(table: TestShard.table, hash: 0), upper: RowKey(table: TableID(8), hash: 0), consistent: true)
    guard case .page(let page) = shard.machine.read(all) else {
      Issue.record("A range read was not answered with a page.")
      return
    }
    let expected = applied.map { (rowKey("k\($0.key)"), Self.item($0.key, $0.value)) }.sorted { $0.0 < $1.0 }.map(\.1)
    #expect(page.items == expected)
  }

  private static func item(_ key: Int, _ value: Int) -> EncodedItem {
    ShardsTests.item("k\(key)", 0, ["n": .number(Number(value))])
  }
}
