import Client
import Load
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Comparison

/// What a wire answered, gathered from its loop.
private final class Answers: Sendable {
  struct Entry: Equatable, Sendable {
    var client: Int
    var failure: String?
    var body: [UInt8]
  }

  private let entries = Mutex<[Entry]>([])
  private let loop: any EventLoop
  private let changed = Mutex<[EventLoopPromise<[Entry]>]>([])
  private let wanted = Mutex(0)

  init(_ loop: any EventLoop) { self.loop = loop }

  func add(_ client: Int, _ answer: borrowing Answer) {
    let entry = Entry(client: client, failure: answer.failure?.type, body: Array(answer.body.readableBytesView))
    let all = entries.withLock { entries in
      entries.append(entry)
      return entries
    }
    guard all.count >= wanted.withLock({ $0 }) else { return }
    for promise in changed.withLock({ promises in
      defer { promises = [] }
      return promises
    }) { promise.succeed(all) }
  }

  /// Succeeds once there are so many.
  func wait(for count: Int) -> EventLoopFuture<[Entry]> {
    loop.flatSubmit { [self] in
      let all = entries.withLock { $0 }
      if all.count >= count { return loop.makeSucceededFuture(all) }
      wanted.withLock { $0 = count }
      let promise = loop.makePromise(of: [Entry].self)
      changed.withLock { $0.append(promise) }
      return promise.futureResult
    }
  }
}

/// A wire on a loop of its own, as a driver uses it.
private struct World {
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  let answers: Answers
  let wire: NIOLoopBound<GRPCWire>
  private let service: EchoService

  init(
    clients: Int, connections: Int, _ reply: @escaping @Sendable (String, [UInt8]) -> ServiceReply
  ) throws {
    service = try EchoService(reply)
    let loop = group.next()
    let answers = Answers(loop)
    let settings = GRPCWireSettings(
      endpoint: Endpoint(host: "127.0.0.1", port: service.port), connections: connections)
    wire = try loop.submit {
      NIOLoopBound(
        GRPCWire(settings, clients: Array(0..<clients), on: loop) { answers.add($0, $1) }, eventLoop: loop)
    }.wait()
    self.answers = answers
    try onLoop { $0.open() }.wait()
  }

  func onLoop(_ body: @escaping @Sendable (GRPCWire) -> EventLoopFuture<Void>) -> EventLoopFuture<Void> {
    group.next().flatSubmit { [wire] in body(wire.value) }
  }

  func send(_ calls: [(client: Int, call: Call)]) throws {
    try group.next().submit { [wire] in
      for (client, call) in calls { wire.value.send(call, client: client) }
      wire.value.flush()
    }.wait()
  }

  func end() throws {
    try onLoop { $0.close() }.wait()
    try service.shutDown()
    try group.syncShutdownGracefully()
  }
}

private let row: [UInt8] = [0x12, 1, 0]

@Suite struct GRPCWireTests {
  @Test(arguments: [(64, 64), (64, 8), (5, 3), (64, 1)])
  func eachClientGetsTheAnswerToItsOwnCall(clients: Int, connections: Int) throws {
    let world = try World(clients: clients, connections: connections) { path, message in
      ServiceReply(message: path == "/echo" ? message : [])
    }
    for round in UInt8(0)..<3 {
      try world.send(
        (0..<clients).map { ($0, Call("/echo", body: [UInt8($0), round] + [UInt8](repeating: 9, count: 600))) })
      let all = try world.answers.wait(for: clients * (Int(round) + 1)).wait().suffix(clients)
      #expect(Set(all.map(\.client)) == Set(0..<clients))
      for entry in all {
        #expect(entry.failure == nil)
        #expect(entry.body.prefix(2) == [UInt8(entry.client), round] && entry.body.count == 602)
      }
    }
    try world.end()
  }

  @Test func errorsHaveTheirStatus() throws {
    let world = try World(clients: 1, connections: 1) { path, _ in
      switch path {
      case "/unavailable": ServiceReply(grpcStatus: 14)
      case "/http": ServiceReply(httpStatus: 503)
      default: ServiceReply(message: [])
      }
    }
    let expected = [("/unavailable", "grpc14"), ("/http", "HTTP503"), (EtcdCalls.range, "missing")]
    for (number, (path, failure)) in expected.enumerated() {
      try world.send([(0, Call(path, body: [1]))])
      #expect(try world.answers.wait(for: number + 1).wait().last?.failure == failure)
    }
    try world.end()
  }

  @Test func aRangeWithARowIsAnAnswer() throws {
    let world = try World(clients: 1, connections: 1) { _, _ in ServiceReply(message: row) }
    try world.send([(0, EtcdCalls.get([1]))])
    #expect(try world.answers.wait(for: 1).wait() == [.init(client: 0, failure: nil, body: row)])
    try world.end()
  }

  @Test func anAbandonedCallIsNotAnsweredAndItsClientGoesOn() throws {
    let world = try World(clients: 2, connections: 1) { path, message in
      ServiceReply(message: message, isSilent: path == "/silent")
    }
    try world.send([(0, Call("/silent", body: [1])), (1, Call("/echo", body: [2]))])
    _ = try world.answers.wait(for: 1).wait()
    try world.group.next().submit { [wire = world.wire] in wire.value.abandon(client: 0) }.wait()
    try world.send([(0, Call("/echo", body: [3])), (1, Call("/echo", body: [4]))])
    let all = try world.answers.wait(for: 3).wait()
    #expect(all.allSatisfy { $0.failure == nil })
    #expect(all.filter { $0.client == 0 }.map(\.body) == [[3]])
    try world.end()
  }

  /// The connection has sent nothing of the call when it is given up.
  @Test func aCallThatIsAbandonedBeforeItLeftDoesNotMixWithTheNext() throws {
    let world = try World(clients: 1, connections: 1) { _, message in ServiceReply(message: message) }
    try world.group.next().submit { [wire = world.wire] in
      wire.value.send(Call("/echo", body: [1]), client: 0)
      wire.value.abandon(client: 0)
      wire.value.send(Call("/echo", body: [2, 2]), client: 0)
      wire.value.flush()
    }.wait()
    #expect(try world.answers.wait(for: 1).wait() == [.init(client: 0, failure: nil, body: [2, 2])])
    try world.end()
  }

  @Test func aLostConnectionFailsItsCallsAndTheNextOneConnectsAgain() throws {
    let world = try World(clients: 4, connections: 2) { path, message in
      ServiceReply(message: message, isSilent: path == "/silent", closes: path == "/close")
    }
    // Clients 0 and 2 share a connection, which the second call ends.
    try world.send([(0, Call("/silent", body: [1])), (2, Call("/close", body: [1])), (1, Call("/echo", body: [7]))])
    let all = try world.answers.wait(for: 3).wait()
    #expect(Set(all.filter { $0.failure == "connection" }.map(\.client)) == [0, 2])
    #expect(all.contains(.init(client: 1, failure: nil, body: [7])))
    try world.send([(0, Call("/echo", body: [8])), (2, Call("/echo", body: [9]))])
    let again = try world.answers.wait(for: 5).wait().suffix(2)
    #expect(Set(again.map(\.client)) == [0, 2] && again.allSatisfy { $0.failure == nil })
    try world.end()
  }
}
