import Environment
import History
import NIOCore
import Synchronization

@testable import Load

/// Numbered calls from a seed, for tests.
struct NumberedSource: OperationSource {
  var kinds = ["put", "get"]
  var random: SeededRandom
  var number = 0
  var mayFailCondition = false
  /// Every operation is a call and a second one.
  var isDouble = false

  init(seed: UInt64 = 1, thread: Int = 0) { random = SeededRandom(seed: seed &* 1_000 &+ UInt64(thread)) }

  mutating func next() -> Operation {
    number += 1
    let kind = Int(random.below(2))
    let body = Array(#"{"number":\#(number),"random":\#(random.below(1_000_000))}"#.utf8)
    var call = Call(kind == 0 ? "PutItem" : "GetItem", body: body)
    call.mayFailCondition = mayFailCondition
    return Operation(kind: kind, call, then: isDouble ? Call("UpdateItem", body: body) : nil)
  }
}

/// Calls of a history on one key.
struct HistorySource: OperationSource {
  var kinds = ["put", "putIf", "get"]
  var number: Int64 = 0

  mutating func next() -> Operation {
    number += 1
    let operations: [HistoryOperation] = [.put(.number(number)), .putIf(expected: nil, .number(number)), .get]
    let kind = Int(number - 1) % 3
    return Operation(kind: kind, RegisterRequests.call(operations[kind], table: "t", key: "k"))
  }
}

/// A wire without a network: answers after a delay, on the loop's own time, and remembers when it was asked and has
/// answered.
final class TimedWire: Wire {
  /// What all loops' wires write down.
  final class Log: Sendable {
    struct Entry: Sendable {
      var client: Int
      var body: [UInt8]
      /// From `send` to just before the answer.
      var nanoseconds: UInt64 = 0
    }

    let entries = Mutex<[Entry]>([])
    let delayMs: Int64

    init(delayMs: Int64) { self.delayMs = delayMs }
  }

  private let log: Log
  private let numbers: [Int]
  private let loop: any EventLoop
  private let answered: (Int, borrowing Answer) -> Void

  init(
    _ settings: Log, clients: [Int], on loop: any EventLoop, answered: @escaping (Int, borrowing Answer) -> Void
  ) {
    log = settings
    numbers = clients
    self.loop = loop
    self.answered = answered
  }

  func open() -> EventLoopFuture<Void> { loop.makeSucceededVoidFuture() }

  func send(_ call: Call, client: Int) {
    let sent = NIODeadline.now()
    let entry = Log.Entry(client: numbers[client], body: call.body)
    let place = log.entries.withLock { entries in
      entries.append(entry)
      return entries.count - 1
    }
    loop.assumeIsolated().scheduleTask(in: .milliseconds(log.delayMs)) { [self] in
      let delay = NIODeadline.now().uptimeNanoseconds - sent.uptimeNanoseconds
      log.entries.withLock { $0[place].nanoseconds = delay }
      answered(client, Answer(body: ByteBuffer()))
    }
  }

  func flush() {}

  func abandon(client: Int) {}

  func close() -> EventLoopFuture<Void> { loop.makeSucceededVoidFuture() }
}

enum Loads {
  static let name = RunName(workload: "test", endpoints: [], seed: 1)

  static func closed(operations: Int, clients: Int = 1) -> LoadSettings {
    var settings = LoadSettings(pace: .closed)
    settings.operations = operations
    settings.clients = clients
    settings.timeout = .seconds(20)
    return settings
  }

  /// Runs a load over HTTP.
  static func run<Source: OperationSource>(
    _ settings: LoadSettings, _ servers: [LoadServer], _ source: Source, _ events: LoadEvents = LoadEvents()
  ) throws -> RunReport {
    let wire = HTTPWireSettings(endpoints: servers.map(\.endpoint))
    return try LoadRun<HTTPWire, Source>(
      settings, name: name, wire: wire, sources: Array(repeating: source, count: settings.threads)
    ).run(events)
  }
}
