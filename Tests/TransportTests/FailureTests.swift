import Environment
import Foundation
import NIOCore
import NIOPosix
import Testing
import Transport

@Suite struct FailureTests {
  @Test func aDialerComesBackWhenItsListenerDoes() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    try await fixture.run { $0.dial(port) }
    try await fixture.until("the link") { $0.dialed.links.count == 1 }
    try await fixture.loop.flatSubmit { [fixture] in fixture.closeListener() }.get()
    try await fixture.until("a refused attempt") { $0.dialed.failures.contains(.refusedAddress) }
    try await fixture.run { #expect($0.dialed.downs == [.closedByPeer]) }
    _ = try await fixture.listen { $0.listen(port: port) }
    try await fixture.until("the next link") { $0.dialed.links.count == 2 }
    try await fixture.stop()
  }

  /// Early elections wait for this proof; a back-off of an hour may not hold it up.
  @Test func aPeerThatDiesIsProvenDeadAtOnce() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    try await fixture.run { world in
      world.options.backOffMin = .seconds(3_600)
      world.options.backOffMax = .seconds(3_600)
      world.dial(port)
    }
    try await fixture.until("the link") { $0.dialed.links.count == 1 }
    try await fixture.loop.flatSubmit { [fixture] in fixture.closeListener() }.get()
    try await fixture.until("the proof") { !$0.dialed.failures.isEmpty }
    try await fixture.run { #expect($0.dialed.failures == [.refusedAddress]) }
    try await fixture.stop()
  }

  @Test func aSilentAddressTimesOutAndIsNotRefused() async throws {
    let fixture = try await Fixture()
    // It accepts and never says anything.
    let mute = try await ServerBootstrap(group: fixture.loop).bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(mute.localAddress?.port)
    try await fixture.run { world in
      world.options.handshakeTimeout = .milliseconds(20)
      world.dial(port)
    }
    try await fixture.until("two attempts") { $0.dialed.failures.count >= 2 }
    try await fixture.run { #expect($0.dialed.failures.allSatisfy { $0 == .timedOut }) }
    try await fixture.stop()
    try await mute.close()
  }

  @Test(arguments: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\u{1}\u{2}\u{3} no protocol that anybody ever heard of"])
  func garbageIsClosedWithoutHarm(text: String) async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    // Written on the loop: on a busy machine the listener would else give up a connection that says nothing first.
    let client = try await ClientBootstrap(group: fixture.loop).connect(host: "127.0.0.1", port: port)
      .flatMap { client in client.writeAndFlush(ByteBuffer(string: text)).map { client } }.get()
    try await client.closeFuture.get()
    try await fixture.run { $0.dial(port) }
    try await fixture.until("the link") { $0.dialed.links.count == 1 }
    try await fixture.stop()
  }

  @Test func aConnectionWithoutARequestIsClosedAfterItsTime() async throws {
    let fixture = try await Fixture()
    try await fixture.run { $0.options.requestTimeout = .milliseconds(20) }
    let port = try await fixture.listen()
    let client = try await ClientBootstrap(group: fixture.loop).connect(host: "127.0.0.1", port: port).get()
    try await client.closeFuture.get()
    try await fixture.stop()
  }

  @Test func nothingIsReportedAfterStop() async throws {
    let fixture = try await Fixture()
    let port = try await fixture.listen()
    try await fixture.run { world in
      world.dial(port)
      world.dialer?.stop()
    }
    // A second dialer on the same loop gets through after anything that the first had begun.
    try await fixture.run { $0.dial(port, local: World.handshake("second")) }
    try await fixture.until("the second link") { $0.accepted.links.count == 1 && $0.dialed.links.count == 1 }
    try await fixture.run { world in
      #expect(world.accepted.peers.map(\.process) == ["second"])
      #expect(world.dialed.failures.isEmpty)
    }
    try await fixture.stop()
  }

  @Test func aStuckPeerBoundsTheQueueAndNeverBlocksTheLoop() async throws {
    let threads = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let stuck = try await Fixture(loop: threads.next())
    let fixture = try await Fixture(loop: threads.next())
    let port = try await stuck.listen()
    try await fixture.run { world in
      world.options.queueBytesMax = 1 << 20
      world.dial(port)
    }
    try await fixture.until("the link") { $0.dialed.links.count == 1 }
    let release = DispatchSemaphore(value: 0)
    stuck.loop.execute { release.wait() }
    let taken = try await fixture.run { world -> Int in
      defer { release.signal() }
      let link = world.dialed.link
      var count = 0
      // The kernel's buffers take some megabytes; the queue takes one more and then says so.
      while count < 4096, link.send([UInt8](repeating: UInt8(truncatingIfNeeded: count), count: 64 << 10)) == .queued {
        link.flush()
        #expect(link.queuedBytes <= 1 << 20)
        count += 1
      }
      #expect(count < 4096 && !link.isWritable && link.framesDropped == 1)
      return count
    }
    try await fixture.until("room again") { $0.dialed.writableCount == 1 }
    try await stuck.until("what was taken") { $0.accepted.frames.count == taken }
    try await stuck.run { world in
      #expect(world.accepted.frames.map { Int($0[0]) } == (0..<taken).map { $0 % 256 })
    }
    try await fixture.stop()
    try await stuck.stop()
    try await threads.shutdownGracefully()
  }
}

extension Fixture {
  func closeListener() -> EventLoopFuture<Void> { onLoop { $0.listener?.close() ?? loop.makeSucceededVoidFuture() } }
}
