import Items
import Synchronization

@testable import Sink

/// A table and its stream in memory, with the behaviour that the service documents.
final class FakeStreams: StreamsAPI {
  struct Shard: Sendable {
    var id: String
    var parent: String?
    var stream = TestBench.stream
    var records: [StreamRecord] = []
    var isClosed = false
    /// Records before this index are no longer kept.
    var trimmed = 0
  }

  struct State: Sendable {
    var items: [[UInt8]: AttributeMap] = [:]
    var shards: [Shard] = [Shard(id: "s1")]
    var sequence = 100
    var identity = "arn:table 1"
    /// The table's newest.
    var stream = TestBench.stream
    /// Answers `ExpiredIteratorException` to every n-th call; 0: never.
    var expireEvery = 0
    var calls = 0
    /// No answer of `GetRecords` comes.
    var isHeld = false
    /// Called before a page of a scan is answered.
    var onScan: (@Sendable (FakeStreams, _ segment: Int, _ page: Int) -> Void)?
  }

  let state = Mutex(State())

  /// Writes an item, or deletes it, into the newest shard that is open.
  func write(_ item: AttributeMap, isRemoval: Bool = false) {
    state.withLock { state in
      let id = ItemIdentity(item, of: TestBench.shape)!.id
      let old = state.items[id]
      if isRemoval, old == nil { return }
      state.sequence += 7
      let open = state.shards.indices.filter { !state.shards[$0].isClosed }
      let shard = open[Int(id[0]) % open.count]
      state.shards[shard].records.append(StreamRecord(state.sequence, old: old, new: isRemoval ? nil : item))
      state.items[id] = isRemoval ? nil : item
    }
  }

  /// Closes a shard and opens two children of it.
  func split(_ id: String) {
    state.withLock { state in
      let index = state.shards.firstIndex { $0.id == id }!
      state.shards[index].isClosed = true
      state.shards += ["a", "b"].map { Shard(id: id + $0, parent: id) }
    }
  }

  /// Ends the stream, lets a change go by that no stream has, and begins another stream.
  func restartStream(meanwhile change: (AttributeMap, AttributeMap)) {
    state.withLock { state in
      for index in state.shards.indices { state.shards[index].isClosed = true }
      for item in [change.0, change.1] { state.items[ItemIdentity(item, of: TestBench.shape)!.id] = item }
      state.stream += "+"
      state.shards.append(Shard(id: "n\(state.shards.count)", stream: state.stream))
    }
  }

  /// Drops the table and makes it again: empty, and its numbers begin low.
  func remake() {
    state.withLock { state in
      (state.items, state.sequence) = ([:], 0)
      state.identity += "+"
      state.stream += "+"
      state.shards = [Shard(id: "r1", stream: state.stream)]
    }
  }

  /// Drops the oldest records of a shard.
  func trim(_ id: String, keeping count: Int) {
    state.withLock { state in
      let index = state.shards.firstIndex { $0.id == id }!
      state.shards[index].trimmed = state.shards[index].records.count - count
    }
  }

  var items: [AttributeMap] { state.withLock { Array($0.items.values) } }

  var allRecords: [StreamRecord] { state.withLock { $0.shards.flatMap(\.records) } }

  // MARK: The API

  func describe(table: String) async throws(StreamsFailure) -> TableFacts {
    state.withLock { state in
      TableFacts(
        shape: TestBench.shape, identity: state.identity, stream: state.stream, viewType: "NEW_AND_OLD_IMAGES")
    }
  }

  func shards(of stream: String) async throws(StreamsFailure) -> [StreamShard] {
    state.withLock { $0.shards.filter { $0.stream == stream }.map { StreamShard(id: $0.id, parent: $0.parent) } }
  }

  func iterator(_ stream: String, _ shard: String, _ position: IteratorPosition) async throws(StreamsFailure) -> String
  {
    guard state.withLock({ $0.shards.contains { $0.id == shard } }) else { throw .refused("ResourceNotFoundException") }
    let found = state.withLock { state -> String? in
      let shard = state.shards.first { $0.id == shard }!
      switch position {
      case .oldest: return "\(shard.id) \(shard.trimmed)"
      case .latest: return "\(shard.id) \(shard.records.count)"
      case .after(let sequence):
        let index = shard.records.firstIndex { $0.sequence > sequence } ?? shard.records.count
        return index < shard.trimmed ? nil : "\(shard.id) \(index)"
      }
    }
    guard let found else { throw .trimmed }
    return found
  }

  func records(_ iterator: String, limit: Int) async throws(StreamsFailure) -> RecordsPage {
    let parts = iterator.split(separator: " ")
    let answer = state.withLock { state -> Result<RecordsPage, StreamsFailure> in
      state.calls += 1
      if state.isHeld { return .failure(.transient("held")) }
      if state.expireEvery > 0, state.calls % state.expireEvery == 0 { return .failure(.expiredIterator) }
      guard let shard = state.shards.first(where: { $0.id == parts[0] }), let start = Int(parts[1]) else {
        return .failure(.refused("ResourceNotFoundException"))
      }
      guard start >= shard.trimmed else { return .failure(.trimmed) }
      let end = min(shard.records.count, start + min(limit, 40))
      let isOver = shard.isClosed && end == shard.records.count
      return .success(
        RecordsPage(records: Array(shard.records[start..<end]), nextIterator: isOver ? nil : "\(shard.id) \(end)"))
    }
    return try answer.get()
  }

  func scan(
    _ table: String, segment: Int, of segments: Int, after key: [UInt8]?, limit: Int
  ) async throws(StreamsFailure) -> ScanPage {
    let hook = state.withLock { $0.onScan }
    let place = key.map { String(decoding: $0, as: UTF8.self) } ?? ""
    hook?(self, segment, place.isEmpty ? 0 : 1)
    return state.withLock { state in
      let mine = state.items.keys.filter { Int($0[1]) % segments == segment }
        .map { (text: String(decoding: Hexadecimal.encode($0), as: UTF8.self), id: $0) }
        .filter { $0.text > place }.sorted { $0.text < $1.text }
      let page = mine.prefix(min(limit, 25))
      return ScanPage(
        items: page.map { state.items[$0.id]! },
        nextKey: page.count < mine.count ? page.last.map { Array($0.text.utf8) } : nil)
    }
  }
}
