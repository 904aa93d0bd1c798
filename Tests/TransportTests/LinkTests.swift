import Environment
import NIOCore
import Testing
import Transport

@Suite struct LinkTests {
  @Test(arguments: TransportClass.allCases)
  func aLinkComesUpAndTellsEachSideWhoThePeerIs(transportClass: TransportClass) async throws {
    let fixture = try await Fixture()
    try await fixture.connect(transportClass: transportClass)
    try await fixture.run { world in
      #expect(world.dialed.peers == [World.handshake("server")])
      #expect(world.accepted.peers == [World.handshake("client")])
      #expect(world.accepted.link.transportClass == transportClass)
      #expect(world.dialed.link.isDialed && !world.accepted.link.isDialed)
      #expect(world.dialer?.link === world.dialed.link)
    }
    try await fixture.stop()
  }

  @Test(arguments: [
    (World.handshake("client", cluster: "cluster-2"), 421), (World.handshake("client", version: 1), 426),
  ])
  func aPeerThatDoesNotFitIsRefusedWithAReason(local: Handshake, status: Int) async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    try await fixture.run { $0.dial(port, local: local) }
    try await fixture.until("a refusal") { !$0.dialed.failures.isEmpty }
    try await fixture.run { world in
      guard case .refused(let code, let reason)? = world.dialed.failures.first else {
        Issue.record("Expected a refusal, got \(world.dialed.failures).")
        return
      }
      #expect(code == status && reason.contains(" is not "))
      #expect(world.accepted.links.isEmpty)
    }
    try await fixture.stop()
  }

  /// Else an operator with two versions of the binary would see nothing but a cluster that never gets ready.
  @Test func aRefusalIsToldToTheOperatorOnce() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    try await fixture.run { world in
      world.options.backOffMax = .milliseconds(10)
      world.dial(port, local: World.handshake("client", version: 1))
    }
    try await fixture.until("several refusals") { $0.dialed.failures.count >= 3 }
    try await fixture.run { world in
      let own = TransportLimits.protocolVersion
      let told = world.warnings.all.filter { $0.hasPrefix("a peer makes no link") }
      let reason =
        "refused with 426: protocol version 1 is not \(TransportLimits.oldestProtocolVersion) to \(own): "
        + "run releases of gantry that are at most one apart"
      #expect(told == ["a peer makes no link: \(reason)"])
    }
    try await fixture.stop()
  }

  /// As in the middle of an upgrade, whichever end is the newer one.
  @Test(arguments: [true, false])
  func releasesThatAreOneApartSpeakTheOlderOnesVersion(isDialerNewer: Bool) async throws {
    let own = TransportLimits.protocolVersion
    let fixture = try await Fixture()
    let newer = { @Sendable (name: String) in World.handshake(name, version: own + 1, oldest: own) }
    let port = try await fixture.listen {
      $0.listen(local: isDialerNewer ? World.handshake("server") : newer("server"))
    }
    try await fixture.run { $0.dial(port, local: isDialerNewer ? newer("client") : World.handshake("client")) }
    try await fixture.until("both ends are up") { $0.dialed.links.count == 1 && $0.accepted.links.count == 1 }
    try await fixture.run { world in
      #expect(world.dialed.link.protocolVersion == own && world.accepted.link.protocolVersion == own)
    }
    try await fixture.stop()
  }

  @Test func theNewestCommonVersionIsSpokenAndNoneWhereThereIsNone() {
    func common(_ first: ClosedRange<UInt16>, _ second: ClosedRange<UInt16>) -> UInt16? {
      let peers = [first, second].map { World.handshake("p", version: $0.upperBound, oldest: $0.lowerBound) }
      #expect(peers[0].commonProtocolVersion(with: peers[1]) == peers[1].commonProtocolVersion(with: peers[0]))
      return peers[0].commonProtocolVersion(with: peers[1])
    }
    #expect(common(2...2, 2...2) == 2)
    #expect(common(2...3, 2...2) == 2)
    #expect(common(3...4, 2...3) == 3)
    #expect(common(2...4, 2...4) == 4)
    #expect(common(3...4, 1...2) == nil)
  }

  @Test func theListenersOwnerMayRefuse() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen { $0.listen(refusing: .refuse(reason: "not today")) }
    try await fixture.run { $0.dial(port) }
    try await fixture.until("a refusal") { !$0.dialed.failures.isEmpty }
    try await fixture.run {
      #expect($0.dialed.failures.first == .refused(status: 403, reason: "not today"))
    }
    try await fixture.stop()
  }

  /// The dialer's owner must know that it is its own incarnation that is wrong, not the moment.
  @Test func aRefusedIncarnationIsToldFromOtherRefusals() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen {
      $0.listen(refusing: .refuse(status: HandshakeStatus.incarnation, reason: "incarnation 3 is not above 4"))
    }
    try await fixture.run { $0.dial(port) }
    try await fixture.until("a refusal") { !$0.dialed.failures.isEmpty }
    try await fixture.run { world in
      #expect(world.dialed.failures.first == .refused(status: 409, reason: "incarnation 3 is not above 4"))
      #expect(world.dialed.links.isEmpty && world.accepted.links.isEmpty)
    }
    try await fixture.stop()
  }

  @Test func theDialersOwnerMayTurnAPeerAwayAndIsAskedAgain() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen { $0.listen(local: World.handshake("server", start: 11)) }
    try await fixture.run { world in
      world.dial(port) { [unowned world] peer in
        world.dialed.failures.count < 2 ? "start \(peer.start) is a stranger" : nil
      }
    }
    try await fixture.until("the link") { !$0.dialed.links.isEmpty }
    try await fixture.run { world in
      let refusal = LinkFailure.notAdmitted("start 11 is a stranger")
      #expect(world.dialed.failures == [refusal, refusal])
      #expect(world.dialed.downs.isEmpty)
    }
    try await fixture.stop()
  }

  /// Two copies of one data directory have the same name and incarnation.
  @Test func twoProcessesWithOneIncarnationDifferInTheirStart() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    try await fixture.run { $0.dial(port, local: World.handshake("client", start: .max)) }
    try await fixture.until("the link") { $0.accepted.links.count == 1 }
    try await fixture.run { world in
      #expect(world.accepted.peers[0].start == .max)
      #expect(world.accepted.peers[0] != World.handshake("client"))
    }
    let (one, same) = (0, 0)
    func process(_ number: Int) -> Handshake {
      Handshake(cluster: "", process: "p\(number)", role: "node", incarnation: 1)
    }
    #expect(process(one).start == process(same).start)
    try await fixture.stop()
  }

  @Test func aBlankProcessTalksToEveryCluster() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    try await fixture.run { $0.dial(port, local: World.handshake("client", cluster: "")) }
    try await fixture.until("the link") { $0.accepted.links.count == 1 }
    try await fixture.run { #expect($0.accepted.peers[0].cluster.isEmpty) }
    try await fixture.stop()
  }

  @Test func anotherProcessAtTheAddressIsNotAccepted() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    try await fixture.run { $0.dial(port, expecting: "somebody") }
    try await fixture.until("a failure") { !$0.dialed.failures.isEmpty }
    try await fixture.run { #expect($0.dialed.failures.first == .unexpectedPeer("server")) }
    try await fixture.stop()
  }

  @Test func aHostNameIsResolved() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    try await fixture.run { $0.dial(port, host: "localhost") }
    try await fixture.until("the link") { $0.dialed.links.count == 1 }
    try await fixture.stop()
  }

  @Test func framesOfEverySizeArriveInOrderBothWays() async throws {
    let fixture = try await Fixture()
    try await fixture.connect()
    let sizes = [0, 1, 16_375, 16_376, 16_377, 16_383, 16_384, 16_385, 1 << 20, 3, 5 << 20, 0, 2]
    let expected = sizes.enumerated().map { index, size in [UInt8](repeating: UInt8(index), count: size) }
    try await fixture.run { world in
      for frame in expected {
        #expect(world.dialed.link.send(frame) == .queued)
        #expect(world.accepted.link.send(frame) == .queued)
      }
    }
    try await fixture.until("all frames") {
      $0.dialed.frames.count == sizes.count && $0.accepted.frames.count == sizes.count
    }
    try await fixture.run { world in
      #expect(world.dialed.frames == expected)
      #expect(world.accepted.frames == expected)
    }
    try await fixture.stop()
  }

  @Test func whatIsSentInOneTurnArrivesAsOneBatch() async throws {
    let fixture = try await Fixture()
    try await fixture.connect()
    try await fixture.run { world in
      for number in 0..<100 { world.dialed.link.send([UInt8(number)]) }
      #expect(world.dialed.link.queuedBytes == 900)
    }
    try await fixture.until("a batch") { $0.accepted.batches.count == 1 }
    try await fixture.run { #expect($0.accepted.batches == [100]) }
    // An owner that flushes at its own end of turn gives the socket all of it at once.
    try await fixture.run { world in
      for number in 0..<100 { world.dialed.link.send([UInt8(number)]) }
      world.dialed.link.flush()
      #expect(world.dialed.link.queuedBytes == 0)
    }
    try await fixture.until("a batch") { $0.accepted.batches.count == 2 }
    try await fixture.run { #expect($0.accepted.batches == [100, 100]) }
    try await fixture.stop()
  }

  @Test func aFrameAboveTheCapIsNotTaken() async throws {
    let fixture = try await Fixture()
    try await fixture.connect(transportClass: .bulk)
    try await fixture.run { world in
      let cap = TransportLimits.frameBytesMax(.bulk)
      #expect(world.dialed.link.send([UInt8](repeating: 0, count: cap + 1)) == .frameTooLong)
      #expect(world.dialed.link.send([UInt8](repeating: 0, count: cap)) == .queued)
    }
    try await fixture.until("the frame") { $0.accepted.frames.count == 1 }
    try await fixture.stop()
  }

  @Test func closeDeliversWhatWasSentAndEndsBothSidesOnce() async throws {
    let fixture = try await Fixture()
    try await fixture.connect()
    try await fixture.run { world in
      world.dialed.link.send([1])
      world.dialed.link.close()
      #expect(!world.dialed.link.isUp)
      #expect(world.dialed.link.send([2]) == .linkDown)
      #expect(world.dialed.downs.isEmpty)
    }
    try await fixture.until("both down") { !$0.dialed.downs.isEmpty && !$0.accepted.downs.isEmpty }
    try await fixture.until("the next link") { $0.dialed.links.count == 2 && $0.accepted.links.count == 2 }
    try await fixture.run { world in
      #expect(world.accepted.frames == [[1]])
      #expect(world.dialed.downs == [.closedLocally])
      #expect(world.accepted.downs == [.closedByPeer])
    }
    try await fixture.stop()
  }

  @Test func anOwnerMayCloseFromInsideADelivery() async throws {
    let fixture = try await Fixture()
    try await fixture.connect()
    try await fixture.run { world in
      world.accepted.onFrame = { link, _ in link.close() }
      for number in 0..<10 { world.dialed.link.send([UInt8(number)]) }
    }
    try await fixture.until("both down") { !$0.dialed.downs.isEmpty && !$0.accepted.downs.isEmpty }
    try await fixture.run { #expect($0.accepted.frames == [[0]]) }
    try await fixture.stop()
  }

  @Test func answersToAPeerThatHasLeftAreTurnedAway() async throws {
    let fixture = try await Fixture()
    try await fixture.connect()
    try await fixture.run { world in
      world.accepted.onFrame = { link, frame in
        for _ in 0..<3 { link.send(frame) }
      }
      for number in 0..<10 { world.dialed.link.send([UInt8(number)]) }
      world.dialed.link.close()
    }
    try await fixture.until("both down") { !$0.dialed.downs.isEmpty && !$0.accepted.downs.isEmpty }
    try await fixture.run { #expect($0.accepted.frames == (0..<10).map { [UInt8($0)] }) }
    try await fixture.stop()
  }
}
