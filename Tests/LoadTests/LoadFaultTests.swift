import Client
import Environment
import History
import Synchronization
import Testing

@testable import Load

@Suite(.serialized) struct LoadFaultTests {
  @Test("What fails for a while is sent again, and is no error where that helps")
  func retries() throws {
    let server = try LoadServer { request in
      request.number % 3 == 0 ? .reply(.failure(500, "InternalServerError")) : .reply(.ok)
    }
    defer { server.stop() }
    let report = try Loads.run(Loads.closed(operations: 20), [server], NumberedSource())
    #expect(report.total.count == 20 && report.total.errors == 0 && report.errors.isEmpty)
    #expect(report.retries == server.requests.count - 20)
    #expect(report.retries >= 6)
    // The same call again, not the next one.
    let bodies = server.requests.map(\.body)
    #expect(Set(bodies).count == 20)
  }

  @Test("Without retries every failure counts, by its code; what the client did wrong is never sent again")
  func errorsByType() throws {
    let server = try LoadServer { request in
      switch request.number % 4 {
      case 0: .reply(.failure(400, "ThrottlingException"))
      case 1: .reply(.failure(400, "ValidationException"))
      case 2: .reply(LoadServer.Reply(status: 502, body: "<html>"))
      default: .reply(.ok)
      }
    }
    defer { server.stop() }
    var settings = Loads.closed(operations: 40)
    settings.retries = 0
    let report = try Loads.run(settings, [server], NumberedSource())
    #expect(report.total.errors == 30 && report.retries == 0)
    #expect(
      report.errors == [
        ErrorCount(type: "HTTP502", count: 10), ErrorCount(type: "ThrottlingException", count: 10),
        ErrorCount(type: "ValidationException", count: 10),
      ])
  }

  @Test(
    "A condition that does not hold is an error only where the workload does not foresee it", arguments: [true, false])
  func conditions(isForeseen: Bool) throws {
    let server = try LoadServer { _ in .reply(.failure(400, "ConditionalCheckFailedException")) }
    defer { server.stop() }
    var source = NumberedSource()
    source.mayFailCondition = isForeseen
    source.isDouble = true
    let report = try Loads.run(Loads.closed(operations: 5), [server], source)
    #expect(report.total.count == 5 && report.total.errors == (isForeseen ? 0 : 5))
    #expect(report.errors == [ErrorCount(type: "ConditionalCheckFailedException", count: 5, isExpected: isForeseen)])
    #expect(server.requests.count == 5, "nor is there a second call after it")
  }

  @Test("A server that does not answer in time is a time-out; its connection is not used again")
  func timeouts() throws {
    let server = try LoadServer { $0.number == 3 ? .ignore : .reply(.ok) }
    defer { server.stop() }
    var settings = Loads.closed(operations: 8)
    settings.retries = 0
    settings.timeout = .milliseconds(300)
    let report = try Loads.run(settings, [server], NumberedSource())
    #expect(report.errors == [ErrorCount(type: "timeout", count: 1)])
    #expect(report.total.count == 8 && report.total.latency.maxMs >= 300)
    #expect(server.connectionCount == 2)
  }

  @Test("Clients of an endpoint that dies go on at the next one, and no operation fails")
  func failover() throws {
    // It hangs before it dies, so that requests are under way then.
    let doomed = try LoadServer { $0.number < 40 ? .reply(.ok) : .ignore }
    let killer = Mutex(doomed as LoadServer?)
    let other = try LoadServer { request in
      if request.number == 50 { killer.withLock { $0.take() }?.stopSoon() }
      return .reply(.ok)
    }
    defer { other.stop() }
    let report = try Loads.run(Loads.closed(operations: 400, clients: 4), [doomed, other], NumberedSource())
    #expect(report.total.count == 400 && report.total.errors == 0)
    #expect(doomed.requests.count > 0 && doomed.requests.count <= 42)
    #expect(other.requests.count >= 360)
    #expect(other.connectionCount == 4)
  }

  @Test("Clients of an endpoint that cannot serve go on at another region's; the load ends there")
  func regions() throws {
    let first = try LoadServer { request in
      request.number < 20 ? .reply(.ok) : .reply(.failure(503, "ServiceUnavailable"))
    }
    defer { first.stop() }
    let other = try LoadServer { _ in .reply(.ok) }
    defer { other.stop() }
    let wire = HTTPWireSettings(targets: [
      RegionalEndpoint(region: "us-east-1", endpoint: first.endpoint),
      RegionalEndpoint(region: "eu-west-1", endpoint: other.endpoint),
    ])
    let report = try LoadRun<HTTPWire, NumberedSource>(
      Loads.closed(operations: 100, clients: 4), name: Loads.name, wire: wire, sources: [NumberedSource()]
    ).run()
    #expect(report.total.count == 100 && report.total.errors == 0)
    #expect(first.requests.count == 24, "each client hears once that it cannot serve")
    #expect(other.requests.count == 80 && other.requests.allSatisfy { $0.head.contains("/eu-west-1/dynamodb/") })
  }

  @Test("What a load needs is made by the first endpoint that answers, with replicas in the regions that have none")
  func preparation() async throws {
    let dead = try LoadServer { _ in .reply(.ok) }
    dead.stop()
    // That of the region that does not answer was made before.
    let replicas = Mutex(["us-east-1"])
    let alive = try LoadServer { request in
      if request.operation == "UpdateTable" { replicas.withLock { $0.append("ap-south-1") } }
      let list = replicas.withLock { $0 }.map { #"{"RegionName":"\#($0)","ReplicaStatus":"ACTIVE"}"# }
      let body = #"{"Table":{"TableStatus":"ACTIVE","Replicas":[\#(list.joined(separator: ","))]}}"#
      return .reply(LoadServer.Reply(body: body))
    }
    defer { alive.stop() }
    let far = try LoadServer { _ in .reply(.failure(500, "InternalServerError")) }
    defer { far.stop() }
    let wire = HTTPWireSettings(
      targets: zip(["us-east-1", "eu-west-1", "ap-south-1"], [dead, alive, far]).map {
        RegionalEndpoint(region: $0, endpoint: $1.endpoint)
      })
    var settings = LoadSettings(pace: .closed)
    settings.clients = 2
    let workload = try Workload.load("put", overrides: ["records=100"])
    let plan = WorkloadPlan(workload, wire, settings)
    try await HTTPClient.during { (http) async throws(LoadError) in
      try await plan.preparation(http: http).run { _ in }
    }
    let updates = alive.requests.filter { $0.operation == "UpdateTable" }
    #expect(updates.count == 1 && updates[0].body.contains(#""RegionName":"ap-south-1""#))
    #expect(alive.requests.count { $0.operation == "BatchWriteItem" } == workload.rowBatchCount)
    #expect(far.requests.isEmpty)
  }

  @Test("An endpoint that refuses at the start is passed over")
  func refusal() throws {
    let dead = try LoadServer { _ in .reply(.ok) }
    let alive = try LoadServer { _ in .reply(.ok) }
    defer { alive.stop() }
    dead.stop()
    let report = try Loads.run(Loads.closed(operations: 10, clients: 4), [dead, alive], NumberedSource())
    #expect(report.total.count == 10 && report.total.errors == 0 && report.retries == 0)
  }

  @Test("Where no endpoint answers the load says so before it begins")
  func nobody() throws {
    let server = try LoadServer { _ in .reply(.ok) }
    let endpoint = server.endpoint
    server.stop()
    #expect(throws: LoadError("nothing answers at \(endpoint)")) {
      try Loads.run(Loads.closed(operations: 10, clients: 4), [server], NumberedSource())
    }
  }

  @Test("An endpoint that is lost for good is errors of the connection, and the load ends")
  func lost() throws {
    let killer = Mutex<LoadServer?>(nil)
    let server = try LoadServer { request in
      guard request.number == 5 else { return .reply(.ok) }
      killer.withLock { $0 }?.stopSoon()
      return .ignore
    }
    killer.withLock { $0 = server }
    var settings = Loads.closed(operations: 12)
    settings.retries = 1
    let report = try Loads.run(settings, [server], NumberedSource())
    #expect(report.total.count == 12)
    #expect(report.errors == [ErrorCount(type: "connection", count: 7)])
  }

  @Test("A connection that the server closes after an answer costs nothing but another one")
  func closing() throws {
    let server = try LoadServer { _ in .reply(LoadServer.Reply(closes: true)) }
    defer { server.stop() }
    let report = try Loads.run(Loads.closed(operations: 6), [server], NumberedSource())
    #expect(report.total.count == 6 && report.total.errors == 0 && report.retries == 0)
    #expect(server.connectionCount == 6 || server.connectionCount == 7)
  }

  @Test("A history tells each attempt with its outcome; after an unknown one the client takes a new name")
  func history() throws {
    let server = try LoadServer { request in
      switch request.number {
      case 0: .reply(.ok)  // put 1
      case 1: .reply(.failure(400, "ConditionalCheckFailedException"))  // putIf 2
      case 2: .reply(LoadServer.Reply(body: #"{"Item":{"id":{"S":"k"},"n":{"N":"1"}}}"#))  // get
      case 3: .hangUp  // put 4
      case 4: .reply(.ok)  // put 4 again
      case 5: .reply(.failure(503, "ServiceUnavailable"))  // putIf 5
      case 6: .reply(.failure(500, "InternalServerError"))  // putIf 5 again
      case 7: .reply(.ok)  // putIf 5 once more
      default: .reply(.failure(500, "InternalServerError"))  // get
      }
    }
    defer { server.stop() }
    var settings = Loads.closed(operations: 6)
    settings.keepsHistory = true
    var entries: [HistoryEntry] = []
    var events = LoadEvents()
    events.history = { entries += $0 }
    _ = try Loads.run(settings, [server], HistorySource(), events)
    let told = entries.map { "\($0.client) \($0.operation) \($0.output) \($0.outcome)" }
    #expect(
      told == [
        "c0 put(1) none ok", "c0 putIf(expected: nil, 2) applied(false) ok", "c0 get value(Optional(1)) ok",
        "c0 put(4) none unknown", "c0.1 put(4) none ok", "c0.1 putIf(expected: nil, 5) none fail",
        "c0.1 putIf(expected: nil, 5) none unknown", "c0.2 putIf(expected: nil, 5) applied(true) ok",
      ])
    #expect(entries.allSatisfy { $0.keys == ["k"] && $0.returned! >= $0.invoked })
  }

  @Test("An answer that a call of a history cannot have ends the load")
  func wrongAnswer() throws {
    let server = try LoadServer { _ in .reply(LoadServer.Reply(body: #"{"Item":{"id":{"S":"k"}}}"#)) }
    defer { server.stop() }
    var settings = Loads.closed(operations: 1_000)
    settings.keepsHistory = true
    #expect(throws: LoadError.self) { try Loads.run(settings, [server], HistorySource()) }
  }
}
