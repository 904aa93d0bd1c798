import Catalog
import Coordinator
import Environment
import Items
import Messages
import Testing

/// Many calls and no known leader: who asks, who waits, and who is believed.
@Suite struct LeaderSearchTests {
  /// While no leader is known, one call asks for all; each of them is sent once the leader has answered that one.
  @Test func oneCallLooksForALeaderAndTheOthersFollow() throws {
    var bench = Bench()
    bench.learnCatalog()
    let first = try bench.scout(of: 100)
    bench.answer(first, .refused(.notLeader(leader: nil)))
    var asked = 0
    for _ in 0..<20 {
      bench.advance(.milliseconds(10))
      for sent in bench.takeRequests() where sent.isWrite {
        asked += 1
        bench.answer(sent, .refused(.notLeader(leader: nil)))
      }
    }
    #expect(asked >= 5 && asked <= 12)
    bench.advance(.milliseconds(50))
    let last = try #require(bench.takeRequests().filter(\.isWrite).onlyElement)
    bench.answer(last, .written(WriteAnswer(oldBytes: 0, newBytes: 9)))
    let rest = bench.takeRequests().filter(\.isWrite)
    #expect(rest.count == 99 && Set(rest.map(\.node)) == [last.node])
  }

  /// Who names another leader does not know it: nobody but the call that was told so goes there before it answers.
  @Test func aLeaderThatIsOnlyNamedIsAskedByOneCall() throws {
    var bench = Bench()
    bench.learnCatalog()
    let first = try bench.scout(of: 10)
    bench.answer(first, .refused(.notLeader(leader: first.node.next)))
    let second = try #require(bench.takeRequests().filter(\.isWrite).onlyElement)
    #expect(second.node == first.node.next)
    bench.answer(second, .written(WriteAnswer(oldBytes: 0, newBytes: 9)))
    let rest = bench.takeRequests().filter(\.isWrite)
    #expect(rest.count == 9 && Set(rest.map(\.node)) == [second.node])
  }

  /// A replica that was cut off, and is behind, does not talk a coordinator out of the leader that answers it.
  @Test func aReplicaThatIsBehindUnseatsNoLeader() throws {
    var bench = Bench()
    bench.learnCatalog()
    let leader = try bench.meetLeader()
    for token in UInt64(200)..<220 {
      bench.coordinator.submit(.get(bench.key, consistent: false), token: token, now: bench.now + .seconds(1))
    }
    let misled = bench.takeRequests().filter { $0.isRead(of: bench.key) && $0.node != leader }
    try #require(!misled.isEmpty)
    for (place, sent) in misled.enumerated() {
      bench.answer(sent, .refused(.notLeader(leader: place % 2 == 0 ? nil : leader.next)), term: 6)
    }
    for token in 1...10 { bench.coordinator.submit(bench.put, token: UInt64(token), now: bench.now) }
    let sent = bench.takeRequests().filter(\.isWrite)
    #expect(sent.count == 10 && Set(sent.map(\.node)) == [leader])
  }

  /// A scan that is held back on its way to the next shard has no request any more that could be found to be without an
  /// answer: it is sent there once.
  @Test func aScanThatIsHeldBackIsSentOnce() throws {
    var bench = Bench()
    bench.learnCatalog()
    let began = bench.now
    let first = RowKey(table: TableID(1), hash: 0)
    var whole = RangeRead(lower: first, upper: RowKey(table: TableID(2), hash: 0), limit: nil)
    whole.consistent = true
    bench.coordinator.submit(.scan(whole), token: 1, now: bench.now)
    let sent = try #require(bench.takeRequests().first { $0.isRange })
    // Another call looks for the leader of the second shard, and has just asked in vain.
    whole.lower = RowKey(table: TableID(1), hash: .max)
    bench.coordinator.submit(.scan(whole), token: 2, now: bench.now)
    var hasAsked = false
    while !hasAsked || bench.now < began + .milliseconds(455) {
      bench.advance(.milliseconds(5))
      hasAsked = false
      for other in bench.takeRequests() where other.isRange {
        hasAsked = true
        bench.answer(other, .refused(.notLeader(leader: nil)))
      }
    }
    try #require(bench.now < began + .milliseconds(500))
    bench.answer(sent, .page(RangePage()))
    var times = 0
    for _ in 0..<60 {
      bench.advance(.milliseconds(5))
      for other in bench.takeRequests() {
        guard case .range(let rest) = other.request.operation, rest.lower.hash < .max else { continue }
        times += 1
      }
    }
    #expect(times == 1)
  }
}
