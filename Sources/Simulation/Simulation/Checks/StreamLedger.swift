import Items
import Messages

/// What a stream has shown, against what was asked for and what there is in the end.
struct StreamLedger {
  /// In the order of the shard, each once.
  private var lines: [ShardID: [StreamRecord]] = [:]
  /// Shards of which the beginning, or something in the middle, is gone as it may be.
  private var torn: Set<ShardID> = []
  private var keys: [Int: String] = [:]
  /// What was put last, by item.
  private var lastPut: [String: (value: Int, item: EncodedItem)] = [:]
  private var repeated: Set<Int> = []
  private var acknowledged: [ShardID: [Int]] = [:]
  private var refused: Set<Int> = []
  /// By item: what the newest record left.
  private var newest: [String: EncodedItem?] = [:]
  private var shownValues: [ShardID: Set<Int>] = [:]
  private(set) var faults: [String] = []

  // MARK: Writes

  mutating func puts(_ value: Int, _ item: EncodedItem, at key: String) {
    keys[value] = key
    lastPut[key] = (value, item)
  }

  /// What was put there last. Where the item was changed since, it is a change to put it again.
  mutating func putAgain(_ key: String) -> EncodedItem? {
    guard let last = lastPut[key] else { return nil }
    repeated.insert(last.value)
    return last.item
  }

  mutating func acknowledged(_ value: Int, on shard: ShardID) { acknowledged[shard, default: []].append(value) }

  mutating func refused(_ value: Int) { refused.insert(value) }

  func acknowledgedCount(on shard: ShardID) -> Int { acknowledged[shard]?.count ?? 0 }

  // MARK: Records

  /// Something is gone: what follows need not join on.
  mutating func lost(on shard: ShardID) {
    torn.insert(shard)
    for record in lines[shard] ?? [] { newest[Self.key(of: record.new ?? record.old)] = nil }
    lines[shard] = nil
    shownValues[shard] = nil
  }

  mutating func shown(_ record: StreamRecord, on shard: ShardID) {
    let known = lines[shard] ?? []
    guard let last = known.last, record.sequence <= last.sequence else {
      join(record, on: shard)
      lines[shard, default: []].append(record)
      return
    }
    guard let same = known.first(where: { $0.sequence == record.sequence }) else {
      return fault("a record of shard \(shard.rawValue) appears before one that was shown already")
    }
    if same != record { fault("a record of shard \(shard.rawValue) is another one when it is read again") }
  }

  /// The image before is what the record before left.
  private mutating func join(_ record: StreamRecord, on shard: ShardID) {
    guard record.old != record.new else { return fault("a record changes nothing") }
    let change: StreamRecord.Change = record.old == nil ? .insert : record.new == nil ? .remove : .modify
    if record.change != change { fault("a record is called \(record.change) and is one of \(change)") }
    let key = Self.key(of: record.new ?? record.old)
    let before = newest[key]
    if before ?? nil != record.old, before != nil || !torn.contains(shard) {
      fault("a record of \(key) does not follow on the one before: a change is missing, or there twice")
    }
    newest[key] = record.new
    guard let value = Self.value(of: record.new) else { return }
    if keys[value] != key { fault("a record of \(key) shows a value that was not put there") }
    if refused.contains(value), !repeated.contains(value) {
      fault("a record shows a put that was refused without an effect")
    }
    if !shownValues[shard, default: []].insert(value).inserted, !repeated.contains(value) {
      fault("a put is shown twice")
    }
  }

  /// A read that began when so many puts were acknowledged, and reached the end, has shown all of them by now.
  mutating func readToEnd(of shard: ShardID, known: Int) {
    guard !torn.contains(shard) else { return }
    for value in (acknowledged[shard] ?? []).prefix(known) where shownValues[shard]?.contains(value) != true {
      fault("an acknowledged put is not in the stream")
    }
  }

  /// The items are what the newest records left.
  mutating func compare(with items: [EncodedItem]) {
    var left = newest.compactMapValues { $0 }
    for item in items {
      let key = Self.key(of: item)
      if newest[key] == nil, !torn.isEmpty { continue }
      if left.removeValue(forKey: key) != item { fault("the stream does not lead to the item \(key)") }
    }
    if !left.isEmpty { fault("the stream leads to items that are not there: \(left.keys.sorted())") }
  }

  private mutating func fault(_ text: String) {
    guard !faults.contains(text) else { return }
    faults.append(text)
  }

  private static func key(of item: EncodedItem?) -> String {
    guard let item, case .string(let text)? = try? item.value(named: Array("PK".utf8)) else { return "" }
    return String(decoding: text, as: UTF8.self)
  }

  private static func value(of item: EncodedItem?) -> Int? { (try? SimulatedTable.value(of: item)) ?? nil }
}
