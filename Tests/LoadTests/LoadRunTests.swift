import Client
import Environment
import History
import NIOCore
import Synchronization
import Testing

@testable import Load

@Suite(.serialized) struct LoadRunTests {
  @Test("A fixed delay is measured to within 2 %: what is recorded is what the wire saw", arguments: [false, true])
  func fixedDelay(isOpen: Bool) throws {
    let log = TimedWire.Log(delayMs: 5)
    var settings = Loads.closed(operations: 60)
    if isOpen { settings.pace = .open([.steady(100, .seconds(2))]) }
    settings.clients = 4
    let report = try LoadRun<TimedWire, NumberedSource>(
      settings, name: Loads.name, wire: log, sources: [NumberedSource()]
    ).run()
    let seen = log.entries.withLock { $0.map { Double($0.nanoseconds) / 1e6 } }.sorted()
    let mean = seen.reduce(0, +) / Double(seen.count)
    let served = report.total.serviceTime
    #expect(report.total.count == 60)
    #expect(abs(served.meanMs / mean - 1) < 0.02)
    #expect(abs(served.p50Ms / seen[29] - 1) < 0.02)
    #expect(report.total.latency.meanMs >= served.meanMs * 0.999)
  }

  @Test("Over HTTP no measured time is shorter than the server's delay")
  func serverDelay() throws {
    let server = try LoadServer { _ in .reply(LoadServer.Reply(delayMs: 5)) }
    defer { server.stop() }
    var settings = Loads.closed(operations: 40)
    settings.pace = .open([.steady(200, .seconds(5))])
    settings.clients = 2
    let report = try Loads.run(settings, [server], NumberedSource())
    let delays = server.delays.map { Double($0) / 1e6 }.sorted()
    #expect(delays.count == 40)
    let latency = report.total.latency
    // To the histogram's three digits.
    #expect(latency.p50Ms >= delays[19] * 0.999)
    #expect(latency.maxMs >= delays[39] * 0.999)
    #expect(report.total.serviceTime.meanMs <= latency.meanMs * 1.001)
  }

  @Test("A server that stands still makes late what is due meanwhile, in an open loop only", arguments: [true, false])
  func stall(isOpen: Bool) throws {
    let server = try LoadServer { .reply(LoadServer.Reply(delayMs: $0.number == 10 || $0.number == 11 ? 400 : 0)) }
    defer { server.stop() }
    var settings = Loads.closed(operations: 100, clients: 2)
    if isOpen { settings.pace = .open([.steady(200, .seconds(2))]) }
    let report = try Loads.run(settings, [server], NumberedSource())
    let late = report.total.latency.percentiles.filter { $0.valueMs >= 200 }
    #expect(report.total.count == 100)
    #expect(report.total.latency.maxMs >= 390)
    if isOpen {
      // 200 ms of the stall is time for 40 operations, all of which waited for the other 200 ms at least.
      let share = try #require(late.first).quantile
      #expect(share <= 0.7)
    } else {
      #expect(late.allSatisfy { $0.quantile >= 0.95 })
    }
  }

  @Test("Two runs of one workload and seed send the same operations in the same order", arguments: [1, 2])
  func reproducible(threads: Int) throws {
    func sent(_ seed: UInt64, clients: Int) throws -> [[[UInt8]]] {
      let log = TimedWire.Log(delayMs: 0)
      var settings = Loads.closed(operations: 300, clients: clients)
      settings.threads = threads
      let sources = (0..<threads).map { NumberedSource(seed: seed, thread: $0) }
      _ = try LoadRun<TimedWire, NumberedSource>(settings, name: Loads.name, wire: log, sources: sources).run()
      let entries = log.entries.withLock { $0 }
      return (0..<threads).map { thread in
        entries.filter { $0.client % threads == thread }.map(\.body)
      }
    }
    let first = try sent(3, clients: 4)
    #expect(first.map(\.count) == Array(repeating: 300 / threads, count: threads))
    #expect(try sent(3, clients: 4) == first)
    #expect(try sent(3, clients: 7) == first, "nor does the number of clients matter")
    #expect(try sent(4, clients: 4) != first)
  }

  @Test("A request is one that the API understands, and the next one goes over the same connection")
  func requests() throws {
    let server = try LoadServer { _ in .reply(.ok) }
    defer { server.stop() }
    let report = try Loads.run(Loads.closed(operations: 12, clients: 3), [server], NumberedSource())
    #expect(report.total.count == 12 && report.total.errors == 0)
    #expect(server.connectionCount == 3)
    for request in server.requests {
      #expect(
        request.head.hasPrefix(
          "POST / HTTP/1.1\r\nHost: \(server.endpoint.authority)\r\nContent-Type: application/x-amz-json-1.0\r\n"
            + "X-Amz-Target: DynamoDB_20120810.\(request.operation)\r\nAuthorization: AWS4-HMAC-SHA256 "))
      #expect(request.body.hasPrefix(#"{"number":"#))
    }
    let kinds = server.requests.map(\.operation)
    #expect(report.operations.map(\.count) == ["PutItem", "GetItem"].map { kind in kinds.filter { $0 == kind }.count })
  }

  @Test("The second call of an operation follows the first; the latency spans both")
  func secondCall() throws {
    let server = try LoadServer { _ in .reply(LoadServer.Reply(delayMs: 3)) }
    defer { server.stop() }
    var source = NumberedSource()
    source.isDouble = true
    let report = try Loads.run(Loads.closed(operations: 10), [server], source)
    #expect(report.total.count == 10)
    let operations = server.requests.map(\.operation)
    #expect(operations.count == 20)
    #expect((0..<10).allSatisfy { operations[$0 * 2] != "UpdateItem" && operations[$0 * 2 + 1] == "UpdateItem" })
    #expect(report.total.latency.percentiles[0].valueMs >= 5.99)
  }

  @Test("A run that was stopped reports what it has measured")
  func stop() throws {
    let server = try LoadServer { _ in .reply(.ok) }
    defer { server.stop() }
    var settings = LoadSettings(pace: .open([.steady(1_000, .seconds(600))]))
    settings.clients = 2
    let run = try LoadRun<HTTPWire, NumberedSource>(
      settings, name: Loads.name, wire: HTTPWireSettings(endpoints: [server.endpoint]), sources: [NumberedSource()])
    var events = LoadEvents()
    events.second = { _ in run.stop() }
    let report = try run.run(events)
    #expect(report.total.count >= 1 && report.elapsedMs < 600_000)
    #expect(report.seconds.reduce(0) { $0 + $1.total.operations } == report.total.count)
  }

  @Test("An interrupted run does not wait for a server that never answers")
  func interrupted() throws {
    let server = try LoadServer { $0.number < 5 ? .reply(.ok) : .ignore }
    defer { server.stop() }
    var settings = LoadSettings(pace: .closed, duration: .seconds(600))
    settings.clients = 2
    settings.timeout = .seconds(600)
    let run = try LoadRun<HTTPWire, NumberedSource>(
      settings, name: Loads.name, wire: HTTPWireSettings(endpoints: [server.endpoint]), sources: [NumberedSource()])
    var events = LoadEvents()
    events.second = { _ in run.stop() }
    let report = try run.run(events)
    #expect(report.total.count == 5 && report.total.errors == 0)
  }

  @Test("The warm-up is shown second by second, and is in no sum")
  func warmUp() throws {
    let server = try LoadServer { _ in .reply(.ok) }
    defer { server.stop() }
    var settings = LoadSettings(pace: .open([.steady(100, .milliseconds(500))]))
    settings.warmUp = .milliseconds(1_500)
    settings.clients = 4
    let report = try Loads.run(settings, [server], NumberedSource())
    // A machine that is busy with other tests may miss some of the 200, none of which counts twice.
    #expect(report.total.count + report.missed == 50)
    #expect(server.requests.count <= 200 && server.requests.count >= report.total.count + 100)
    #expect(report.elapsedMs == 500)
    #expect(report.seconds.map(\.isWarmUp) == [true, true, false])
    #expect(report.seconds.map(\.atSeconds).prefix(2) == [-1, 0])
  }
}
