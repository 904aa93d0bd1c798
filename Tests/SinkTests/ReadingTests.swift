import Testing

@testable import Sink

@Suite struct ReadingTests {
  private func shard(_ id: String, _ parent: String? = nil, finished: Bool = false, owner: String? = nil) -> KnownShard
  {
    KnownShard(id: id, parent: parent, isFinished: finished, owner: owner)
  }

  @Test("A child is read only after its parent is finished, or when its parent is no longer known") func parentsFirst()
  {
    let shards = [
      shard("p"), shard("a", "p"), shard("aa", "a"), shard("q", finished: true), shard("b", "q"), shard("c", "gone"),
    ]
    #expect(ShardChoice.readable(shards).map(\.id) == ["p", "b", "c"])
    let later = [shard("p", finished: true), shard("a", "p"), shard("aa", "a")]
    #expect(ShardChoice.readable(later).map(\.id) == ["a"])
  }

  @Test("Sinks share what is readable evenly, take only what is free, and give what is too much") func shares() {
    let free = (1...5).map { shard("s\($0)") }
    #expect(ShardChoice.toTake(free, owner: "me", sinks: 1).count == 5)
    #expect(ShardChoice.toTake(free, owner: "me", sinks: 2).count == 3)
    let mixed = [shard("s1", owner: "me"), shard("s2", owner: "you"), shard("s3"), shard("s4", finished: true)]
    #expect(ShardChoice.toTake(mixed, owner: "me", sinks: 2) == ["s3"])
    let all = (1...5).map { shard("s\($0)", owner: "me") }
    #expect(ShardChoice.toGive(all, owner: "me", sinks: 2) == ["s4", "s5"])
    #expect(ShardChoice.toGive(all, owner: "me", sinks: 1) == [])
    #expect(ShardChoice.toTake(all, owner: "you", sinks: 2) == [])
  }

  @Test("Looks are at most 100 ms apart while records come, then less and less often; never too often for Amazon")
  func pace() {
    var pace = PollPace()
    #expect(pace.waitMs(after: 1_000) == 0)
    #expect((1...10).map { pace.waitMs(after: $0) }.allSatisfy { (1...100).contains($0) })
    let waits = (0..<60).map { _ in pace.waitMs(after: 0) }
    #expect(waits.first! <= 100)
    #expect(waits == waits.sorted())
    #expect(waits.last! == 500)
    #expect(pace.waitMs(after: 1) <= 100)
    var amazon = PollPace.amazon
    #expect((0..<20).map { amazon.waitMs(after: $0 % 3) }.allSatisfy { $0 >= 200 })
  }
}
