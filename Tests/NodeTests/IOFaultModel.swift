import Environment
import Expressions
import Items
import Messages

/// An item of the fault tests: its body is made from `tag`, the number of the operation that wrote it.
struct FaultItem: Hashable {
  var tag: Int
  var counter: Int?

  var body: [UInt8] {
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: tag >> (8 * $0)) }
    return bytes + [UInt8](repeating: UInt8(truncatingIfNeeded: tag &* 31 &+ 7), count: 250 + tag &* 131 % 1_450)
  }
}

enum FaultAction: Hashable {
  case put
  /// Only where there is no item.
  case make
  /// Raises the counter.
  case count
  case delete
  case read
}

struct FaultOperation {
  var key: Int
  var action: FaultAction
  var tag: Int

  static let keys = 24

  static func name(_ key: Int) -> String { "k\(key)" }

  func rowKey(_ table: TableID) -> RowKey { RowKey(table: table, partition: .text(Self.name(key)), sort: nil) }

  func operation(_ table: TableID) throws -> Messages.Operation {
    if action == .read { return .get(rowKey(table), consistent: true) }
    var write = ItemWrite(key: rowKey(table), action: .delete, returns: [.old])
    switch action {
    case .put, .make: write.action = .put(ItemWrite.item(Self.name(key), FaultItem(tag: tag).body))
    case .count: write.action = try ItemWrite.count(table, Self.name(key), body: FaultItem(tag: tag).body).action
    case .delete, .read: break
    }
    if action == .make {
      var context = try ExpressionContext(names: nil, values: nil)
      write.condition = try Condition.parse(
        Array("attribute_not_exists(PK)".utf8), role: .condition, context: &context)
      write.returns = [.old, .onConditionFailure]
    }
    return .write(write)
  }

  func after(_ item: FaultItem?) -> FaultItem? {
    switch action {
    case .put: FaultItem(tag: tag)
    case .make: item ?? FaultItem(tag: tag)
    case .count: FaultItem(tag: tag, counter: (item?.counter ?? 0) + 1)
    case .delete: nil
    case .read: item
    }
  }
}

/// 200 operations in batches of different keys, always the same ones for a seed.
struct FaultWork {
  private static let operations = 200

  private var random: SeededRandom
  private(set) var sent = 0

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  var isDone: Bool { sent >= Self.operations }

  mutating func nextBatch() -> [FaultOperation] {
    var batch: [FaultOperation] = []
    let count = 1 + Int(random.below(4))
    while batch.count < count {
      let operation = next()
      if !batch.contains(where: { $0.key == operation.key }) { batch.append(operation) }
    }
    return batch
  }

  private mutating func next() -> FaultOperation {
    sent += 1
    let key = Int(random.below(UInt64(FaultOperation.keys)))
    let action: FaultAction =
      switch random.below(20) {
      case 0..<7: .put
      case 7..<10: .make
      case 10..<14: .count
      case 14..<16: .delete
      default: .read
      }
    return FaultOperation(key: key, action: action, tag: sent)
  }
}

/// What clients may find: for each key every item that their answers allow.
struct FaultModel {
  private(set) var possible = [Set<FaultItem?>](repeating: [nil], count: FaultOperation.keys)
  /// Operations that were acknowledged.
  private(set) var acknowledged = 0
  private(set) var refused = 0
  /// Operations that were refused because a store could not be read.
  private(set) var failed = 0

  /// Takes an answer, or nil where none will come any more. What it returns is why the answer is wrong.
  mutating func take(_ answer: Answer?, of operation: FaultOperation) -> String? {
    let before = possible[operation.key]
    switch answer {
    case nil, .refused(.outcomeUnknown):
      possible[operation.key].formUnion(before.map(operation.after))
      return nil
    case .refused(.failed):
      failed += 1
      return nil
    case .refused:
      refused += 1
      return nil
    case .item(let item) where operation.action == .read:
      guard let read = decode(item), before.contains(read) else { return wrong(operation, item) }
      possible[operation.key] = [read]
    case .written(let answer):
      guard let old = decode(answer.old) else { return wrong(operation, answer.old) }
      guard before.contains(old), operation.action != .make || old == nil else { return wrong(operation, answer.old) }
      possible[operation.key] = [operation.after(old)]
    case .conditionFailed(let item, _) where operation.action == .make:
      guard let old = decode(item), old != nil, before.contains(old) else { return wrong(operation, item) }
      possible[operation.key] = [old]
    case let other?: return "\(operation) was answered with \(other)"
    }
    acknowledged += 1
    return nil
  }

  /// The outer nil: an item that nobody wrote.
  private func decode(_ item: EncodedItem?) -> FaultItem?? {
    guard let item else { return .some(nil) }
    guard case .binary(let body)? = try? item.value(named: Array("body".utf8)), body.count >= 4 else { return nil }
    let tag = (0..<4).reduce(0) { $0 | Int(body[$1]) << (8 * $1) }
    var found = FaultItem(tag: tag)
    if case .number(let number)? = try? item.value(named: Array("n".utf8)) { found.counter = number.integer }
    return found.body == body ? .some(found) : nil
  }

  private func wrong(_ operation: FaultOperation, _ item: EncodedItem?) -> String {
    let found = decode(item).map { "\(String(describing: $0))" } ?? "an item that nobody wrote"
    return "\(operation) showed \(found), possible are \(possible[operation.key])"
  }
}

extension ItemWrite {
  /// Raises the counter `n` by one and sets the body.
  static func count(_ table: TableID, _ name: String, body: [UInt8]) throws -> ItemWrite {
    let values = AttributeMap([
      .init(name: Array(":one".utf8), value: .number(Number(1))),
      .init(name: Array(":b".utf8), value: .binary(body)),
    ])
    var context = try ExpressionContext(names: nil, values: values)
    let update = try UpdateExpression.parse(Array("ADD n :one SET body = :b".utf8), context: &context)
    let item = EncodedItem(AttributeMap([.init(name: Array("PK".utf8), value: .text(name))]))
    let key = RowKey(table: table, partition: .text(name), sort: nil)
    return ItemWrite(key: key, action: .update(update, key: item), returns: [.old])
  }
}
