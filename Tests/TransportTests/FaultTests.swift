import Environment
import NIOCore
import Testing

@testable import Transport

@Suite struct FaultTests {
  @Test(arguments: [FaultTable.Direction.sending, .receiving])
  func framesVanishWhileAPeerIsCutOffAndFlowAgainOnTheSameLink(direction: FaultTable.Direction) async throws {
    let fixture = try await Fixture()
    try await fixture.connect(faults: true)
    try await fixture.run { world in
      switch direction {
      case .sending: world.faults.set(.cut, peer: "server", .sending)
      case .receiving: world.listenerFaults.set(.cut, peer: "client", .receiving)
      }
      world.dialed.link.send([1])
      world.dialed.link.send([2])
      // The other way still works.
      world.accepted.link.send([9])
    }
    try await fixture.until("the other way") { $0.dialed.frames == [[9]] }
    try await fixture.run { world in
      #expect(world.dialed.link.queuedBytes == 0)
      world.dialed.link.send([3])
      world.accepted.link.send([8])
    }
    try await fixture.until("the other way again") { $0.dialed.frames == [[9], [8]] }
    try await fixture.run { world in
      world.faults.healAll()
      world.listenerFaults.healAll()
      world.dialed.link.send([4])
    }
    try await fixture.until("a frame after healing") { !$0.accepted.frames.isEmpty }
    try await fixture.run { world in
      #expect(world.accepted.frames == [[4]])
      #expect(world.dialed.downs.isEmpty && world.accepted.downs.isEmpty)
    }
    try await fixture.stop()
  }

  @Test(arguments: [true, false])
  func aCutOffPeerDoesNotCompleteTheHandshakeUntilItIsHealed(atDialer: Bool) async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen { $0.listen(faults: $0.listenerFaults) }
    try await fixture.run { world in
      world.options.connectTimeout = .milliseconds(20)
      world.options.handshakeTimeout = .milliseconds(20)
      if atDialer { world.faults.set(.cut, peer: "server") } else { world.listenerFaults.set(.cut, peer: "client") }
      world.dial(port, faults: world.faults)
    }
    try await fixture.until("two attempts") { $0.dialed.failures.count >= 2 }
    try await fixture.run { world in
      #expect(world.dialed.failures.allSatisfy { $0 == .timedOut })
      #expect(world.accepted.links.isEmpty)
      world.faults.healAll()
      world.listenerFaults.healAll()
    }
    try await fixture.until("the link") { !$0.dialed.links.isEmpty && !$0.accepted.links.isEmpty }
    try await fixture.stop()
  }

  /// A refusal would prove the peer dead, which nobody behind a cut can know.
  @Test func aCutOffDeadPeerTimesOutInsteadOfRefusing() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    try await fixture.loop.flatSubmit { [fixture] in fixture.closeListener() }.get()
    try await fixture.run { world in
      world.options.connectTimeout = .milliseconds(10)
      world.faults.set(.cut, peer: "server", .receiving)
      world.dial(port, faults: world.faults)
    }
    try await fixture.until("an attempt") { !$0.dialed.failures.isEmpty }
    try await fixture.run { #expect($0.dialed.failures.first == .timedOut) }
    try await fixture.stop()
  }

  /// A coordinator's loops call themselves `c1.0`, `c1.1`.
  @Test(arguments: [true, false])
  func aFaultConcernsEveryLoopOfAProcess(atDialer: Bool) async throws {
    let fixture = try await Fixture()
    let (server, client) = (World.handshake("server.1"), World.handshake("client.0"))
    let port = try await fixture.listen { $0.listen(local: server, faults: $0.listenerFaults) }
    try await fixture.run { $0.dial(port, local: client, expecting: "server.1", faults: $0.faults) }
    try await fixture.until("both ends up") { $0.dialed.links.count == 1 && $0.accepted.links.count == 1 }
    try await fixture.run { world in
      let link = atDialer ? world.dialed.link : world.accepted.link
      world.faults.set(.cut, peer: "server", .sending)
      world.listenerFaults.set(.cut, peer: "client", .sending)
      link.send([1])
      world.faults.healAll()
      world.listenerFaults.healAll()
      link.send([2])
    }
    try await fixture.until("a frame") { !$0.dialed.frames.isEmpty || !$0.accepted.frames.isEmpty }
    try await fixture.run { #expect((atDialer ? $0.accepted : $0.dialed)?.frames == [[2]]) }
    try await fixture.stop()
  }

  @Test func replacingFaultsDoesNotHealALinkThatStaysCut() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    try await fixture.run { world in
      world.options.connectTimeout = .seconds(3_600)
      world.faults.set(.cut, peer: "server")
      world.dial(port, faults: world.faults)
      world.faults.replaceAll([FaultTable.Way(peer: "server", .sending): .cut])
      world.faults.replaceAll([
        FaultTable.Way(peer: "server", .sending): .cut, FaultTable.Way(peer: "other", .receiving): .cut,
      ])
      #expect(world.faults.fault(peer: "server", .receiving) == nil)
    }
    // A second dialer on the same loop gets through after anything that the first had begun.
    let second = try await Fixture(loop: fixture.loop)
    try await second.run { $0.dial(port, local: World.handshake("second")) }
    try await second.until("the second link") { $0.dialed.links.count == 1 }
    try await fixture.run { #expect($0.accepted.peers.map(\.process) == ["second"]) }
    try await second.stop()
    try await fixture.stop()
  }

  @Test func aPeerThatStaysSilentIsGivenUpAndAnIdleOneIsNot() async throws {
    let idle = try await Fixture()
    let silent = try await Fixture()
    for fixture in [idle, silent] {
      try await fixture.run { world in
        world.options.pingAfter = .milliseconds(20)
        world.options.deadAfter = .milliseconds(200)
      }
      try await fixture.connect(faults: true)
    }
    try await silent.run { $0.faults.set(.cut, peer: "server") }
    try await silent.until("the end") { !$0.dialed.downs.isEmpty }
    try await silent.run { #expect($0.dialed.downs == [.silent]) }
    try await idle.run { #expect($0.dialed.downs.isEmpty && $0.accepted.downs.isEmpty) }
    try await idle.stop()
    try await silent.stop()
  }

  @Test func delayedFramesArriveInOrder() async throws {
    let fixture = try await Fixture()
    try await fixture.connect(faults: true)
    try await fixture.run { world in
      world.faults.set(LinkFault(delay: .milliseconds(20)), peer: "server", .sending)
      world.listenerFaults.set(LinkFault(delay: .milliseconds(5)), peer: "client", .receiving)
      for number in 0..<5 { world.dialed.link.send([UInt8(number)]) }
      world.faults.healAll()
      for number in 5..<10 { world.dialed.link.send([UInt8(number)]) }
    }
    try await fixture.until("all frames") { $0.accepted.frames.count == 10 }
    try await fixture.run { #expect($0.accepted.frames == (0..<10).map { [UInt8($0)] }) }
    try await fixture.stop()
  }

  @Test func jitterSpreadsDelaysBothWaysAndNoneIsNegative() {
    func delays(_ fault: LinkFault) -> [Double] {
      let table = FaultTable(seed: 1)
      table.set(fault, peer: "a", .sending)
      return (0..<1000).map { _ in
        if case .delay(let span) = table.verdict("a", .sending) { span.milliseconds } else { 0 }
      }
    }
    let around = delays(LinkFault(delay: .milliseconds(20), jitter: .milliseconds(5)))
    #expect(around.allSatisfy { (15...25).contains($0) } && around.min()! < 16 && around.max()! > 24)
    let early = delays(LinkFault(delay: .milliseconds(1), jitter: .milliseconds(5)))
    #expect(early.allSatisfy { (0...6).contains($0) } && early.min()! < 0.5 && early.max()! > 5.5)
  }

  @Test func lossFollowsTheSeed() {
    func losses(_ seed: UInt64) -> [Bool] {
      let table = FaultTable(seed: seed)
      table.set(LinkFault(lossPerMillion: 300_000), peer: "a", .sending)
      return (0..<1000).map { _ in
        if case .lose = table.verdict("a", .sending) { true } else { false }
      }
    }
    #expect(losses(1) == losses(1))
    #expect(losses(1) != losses(2))
    #expect((200..<400).contains(losses(1).count { $0 }))
  }

  @Test func livenessAsksBeforeItGivesUpAndForgivesAPause() {
    var liveness = Liveness(pingAfter: .seconds(1), deadAfter: .seconds(3))
    #expect(liveness.step == .milliseconds(500))
    let silent = (0..<6).map { _ in liveness.advance() }
    #expect(silent == [.none, .ping, .none, .none, .none, .dead])
    liveness = Liveness(pingAfter: .seconds(1), deadAfter: .seconds(3))
    for _ in 0..<5 { _ = liveness.advance() }
    liveness.heard()
    #expect((0..<3).map { _ in liveness.advance() } == [.none, .none, .ping])
  }

  @Test func backOffDoublesUpToItsLimitWithJitter() {
    var backOff = BackOff(shortest: .milliseconds(10), longest: .seconds(1), random: SeededRandom(seed: 5))
    for attempt in 0..<12 {
      let full = min(10 << attempt, 1000)
      let pause = backOff.pause()
      #expect(pause >= .milliseconds(UInt64(full) / 2) && pause <= .milliseconds(UInt64(full)))
    }
    backOff.reset()
    #expect(backOff.pause() <= .milliseconds(10))
  }
}
