import Catalog
import Environment
import Expressions
import Items
import Messages
import Raft
import Shards
import SimulatedDisk
import Store
import Testing

/// One shard's machine over a real store on a simulated disk, with the log that its leader appends to.
final class TestShard {
  let disk: SimulatedDisk
  private(set) var machine: ShardMachine
  private(set) var last: LogIndex
  /// The shard's logical time.
  var timeMs: UInt64 = 0
  /// Applies the same log, and knows nothing of what is proposed.
  private(set) var follower: TestShard?
  private var unapplied: [(payload: [UInt8], position: LogPosition)] = []

  static let table = TableID(7)
  static let key = KeySchema(
    partition: KeyAttribute(name: Array("PK".utf8), type: .string),
    sort: KeyAttribute(name: Array("SK".utf8), type: .number))

  /// Without `isReady` the shard owns no hashes and serves no table.
  init(isReady: Bool = true) throws {
    disk = SimulatedDisk()
    machine = try ShardMachine(store: Self.open(disk))
    last = 0
    guard isReady else { return }
    command(.own(0...UInt64.max))
    command(.configure(TableSettings(id: Self.table, key: Self.key)))
  }

  private static func open(_ disk: SimulatedDisk) throws -> ShardStore {
    try ShardStore.open(disk: disk, directory: "/shard", configuration: StoreConfiguration(seed: 1))
  }

  @discardableResult func append(_ payload: [UInt8]) -> LogIndex {
    last += 1
    unapplied.append((payload, LogPosition(index: last, term: 1)))
    follower?.append(payload)
    return last
  }

  /// From the first entry on.
  func follow() throws {
    precondition(last == 0, "A follower needs the whole log.")
    follower = try TestShard(isReady: false)
  }

  @discardableResult func apply(through index: LogIndex = .max) -> [ShardMachine.Effect] {
    follower?.timeMs = timeMs
    follower?.apply(through: index)
    var effects: [ShardMachine.Effect] = []
    while let next = unapplied.first, next.position.index <= index {
      unapplied.removeFirst()
      if let effect = machine.apply(next.payload, at: next.position, timeMs: timeMs) { effects.append(effect) }
      machine.store.advance(to: next.position)
    }
    return effects
  }

  @discardableResult func command(_ command: ShardCommand) -> [ShardMachine.Effect] {
    append(command.encode())
    return apply()
  }

  /// What a leader does: evaluates, and appends what is to be replicated.
  @discardableResult func submit(_ write: ItemWrite) -> Verdict {
    let verdict = machine.evaluate(write, timeMs: timeMs)
    if case .propose(let command, let image, _) = verdict {
      machine.proposed(write.key, image, time: command.time, at: append(command.encode()))
    }
    return verdict
  }

  /// What a leader does with changes from another region: nil where an entry is under way.
  @discardableResult func submit(_ batch: RegionBatch) -> Answer? {
    if let answer = machine.knownAnswer(to: batch) { return answer }
    guard machine.canForesee(batch) else { return .refused(.overloaded) }
    machine.foresee(batch, at: LogPosition(index: append(ShardCommand.region(batch).encode()), term: 1))
    return nil
  }

  func put(_ key: RowKey, _ item: EncodedItem) {
    submit(ItemWrite(key: key, action: .put(item)))
    apply()
  }

  func flush() throws {
    guard let flush = machine.store.flush(metadata: []) else { return }
    try flush.run()
    machine.store.completed(flush, error: nil)
  }

  func checkpoint() throws {
    guard let checkpoint = machine.store.checkpoint() else { return }
    try checkpoint.run()
    machine.store.completed(checkpoint, error: nil)
  }

  /// Opens the same files anew; what was not flushed is gone, as the log would bring it back.
  func reopen() throws {
    machine.store.close()
    machine = try ShardMachine(store: Self.open(disk))
    last = machine.store.applied.index
    unapplied = []
  }

  func checksum() throws -> UInt64 {
    let view = try machine.store.view()
    defer { view.close() }
    var none: [TableDigest] = []
    return try ShardChecksum.compute(view, ranges: machine.rowRanges, digests: &none)
  }

  func digests() throws -> [TableDigest] {
    let view = try machine.store.view()
    defer { view.close() }
    var digests = machine.digests
    _ = try ShardChecksum.compute(view, ranges: machine.rowRanges, digests: &digests)
    return digests
  }

  func item(_ key: RowKey) throws -> EncodedItem? {
    guard case .item(let item) = machine.get(key) else {
      Issue.record("A get was not answered with an item.")
      return nil
    }
    return item
  }
}

func rowKey(_ partition: String, _ sort: Int = 0, table: TableID = TestShard.table) -> RowKey {
  RowKey(table: table, partition: .text(partition), sort: .number(Number(sort)))
}

func item(_ partition: String, _ sort: Int = 0, _ attributes: KeyValuePairs<String, AttributeValue> = [:])
  -> EncodedItem
{
  var map = AttributeMap([
    .init(name: Array("PK".utf8), value: .text(partition)), .init(name: Array("SK".utf8), value: .number(Number(sort))),
  ])
  for (name, value) in attributes { map[Array(name.utf8)] = value }
  return EncodedItem(map)
}

func condition(_ text: String, _ values: KeyValuePairs<String, AttributeValue> = [:], role: Condition.Role = .condition)
  throws -> Condition
{
  var context = try context(values)
  return try Condition.parse(Array(text.utf8), role: role, context: &context)
}

func update(_ text: String, _ values: KeyValuePairs<String, AttributeValue> = [:]) throws -> UpdateExpression {
  var context = try context(values)
  return try UpdateExpression.parse(Array(text.utf8), context: &context)
}

private func context(_ values: KeyValuePairs<String, AttributeValue>) throws -> ExpressionContext {
  let map = AttributeMap(values.map { AttributeMap.Element(name: Array($0.key.utf8), value: $0.value) })
  return try ExpressionContext(names: nil, values: map.isEmpty ? nil : map)
}

extension Verdict {
  var written: WriteAnswer? {
    if case .propose(_, _, let answer) = self { return answer }
    return nil
  }

  var image: EncodedItem?? {
    if case .propose(_, let image, _) = self { return .some(image) }
    return nil
  }

  /// An answer that appends nothing, with the entry that it waits for.
  var answered: (answer: Answer, after: LogIndex?)? {
    if case .answer(let answer, let after) = self { return (answer, after) }
    return nil
  }

  var refusal: Refusal? {
    if case .refuse(let refusal) = self { return refusal }
    return nil
  }
}
