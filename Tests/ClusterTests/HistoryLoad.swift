import Client
import Environment
import Foundation
import History
import Load
import Synchronization

/// Clients that work on a few keys, each waiting for its answer before it goes on (a closed loop), and record what they
/// asked and were told. Each value that is put is put once.
final class HistoryLoad: Sendable {
  struct Settings {
    var clients = 8
    var keys = 6
    /// The load ends when it was stopped and that many operations have been answered.
    var operationsMin = 5_000
    /// A client rests up to that long between operations, so that faults fall into the load and not behind it.
    var restMsMax: UInt64 = 8
    /// A client that waits longer takes the outcome as unknown. Shorter than an election, so that what clients gave up
    /// on still happens later.
    var timeoutMs = 250
    var seed: UInt64 = 1
  }

  static let table = "history"

  private struct Progress {
    /// Operations whose outcome is known.
    var answered = 0
    var isStopping = false
    var fault: (any Error)?
  }

  let settings: Settings
  private let clients: [DynamoClient]
  private let recorder = HistoryRecorder()
  private let progress = Mutex(Progress())
  private let started = ContinuousClock.now

  /// - Parameter endpoints: coordinators; each operation goes to one of them.
  init(_ endpoints: [Endpoint], http: HTTPClient, settings: Settings = Settings()) {
    self.settings = settings
    clients = endpoints.map {
      DynamoClient(endpoint: $0, http: http, retries: .none, timeoutMs: settings.timeoutMs)
    }
  }

  var answered: Int { progress.withLock { $0.answered } }

  func history() -> [HistoryEntry] { recorder.entries() }

  func stop() { progress.withLock { $0.isStopping = true } }

  /// Ends the load at once, however little was answered: its cluster is in no state to serve it.
  func giveUp(_ fault: any Error) { progress.withLock { $0.fault = $0.fault ?? fault } }

  /// Works until ``stop()`` and the least number of operations. Then each client reads each key, so that the history
  /// tells what was left. Throws for answers that no right request gets, and what it was given up for.
  func run() async throws {
    await everyClient("c") { load, worker in
      while !load.isDone { await load.workOnce(&worker) }
    }
    if let fault = progress.withLock({ $0.fault }) { throw fault }
    await everyClient("r") { load, worker in
      for key in 0..<load.settings.keys { _ = await load.perform(.get, key, &worker) }
    }
    if let fault = progress.withLock({ $0.fault }) { throw fault }
  }

  /// Waits until `count` more operations have been answered.
  func waitForOperations(more count: Int) async throws {
    let goal = answered + count
    let deadline = ContinuousClock.now + .seconds(60)
    while answered < goal {
      if let fault = progress.withLock({ $0.fault }) { throw fault }
      guard ContinuousClock.now < deadline else { throw Failure(text: "operations are not answered: \(answered)") }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  // MARK: Clients

  /// One client; it is no more than its name after an unknown outcome, as its operation stays open.
  private struct Worker {
    var prefix: String
    var number: Int
    var lives = 0
    var puts: Int64 = 0
    var random: SeededRandom
    /// What the client saw last of each key.
    var seen: [HistoryValue?]

    var name: String { lives == 0 ? "\(prefix)\(number)" : "\(prefix)\(number).\(lives)" }

    mutating func see(_ operation: HistoryOperation, _ output: HistoryOutput, _ key: Int) {
      switch (operation, output) {
      case (_, .value(let value)): seen[key] = value
      case (.put(let value), _), (.putIf(_, let value), _): seen[key] = value
      case (.delete, _): seen[key] = nil
      case (.add, _), (.get, _): break
      }
    }
  }

  private var isDone: Bool {
    progress.withLock { $0.fault != nil || $0.isStopping && $0.answered >= settings.operationsMin }
  }

  private func everyClient(
    _ prefix: String, _ body: @escaping @Sendable (HistoryLoad, inout Worker) async -> Void
  ) async {
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<settings.clients {
        group.addTask { [self] in
          var worker = Worker(
            prefix: prefix, number: number, random: SeededRandom(seed: settings.seed &* 1_000 &+ UInt64(number)),
            seen: Array(repeating: nil, count: settings.keys))
          await body(self, &worker)
        }
      }
    }
  }

  private func workOnce(_ worker: inout Worker) async {
    let key = Int(worker.random.below(UInt64(settings.keys)))
    let isAnswered = await perform(operation(on: key, &worker), key, &worker)
    let rest = worker.random.below(settings.restMsMax * 1_000 + 1)
    // A client that is refused at once would fill the history with that.
    try? await Task.sleep(for: .microseconds(isAnswered ? rest : rest + 20_000))
  }

  private func operation(on key: Int, _ worker: inout Worker) -> HistoryOperation {
    // Far apart, so that additions do not lead from one value to another.
    let number = worker.puts * Int64(settings.clients) + Int64(worker.number) + 1
    let unique = HistoryValue.number(number << 24)
    worker.puts += 1
    switch worker.random.below(10) {
    case 0, 1: return .put(unique)
    case 2: return .putIf(expected: nil, unique)
    case 3: return .putIf(expected: worker.seen[key], unique)
    case 4, 5: return .add(1)
    case 6: return .delete
    default: return .get
    }
  }

  /// False where the client was told nothing, or that the service is not there.
  private func perform(_ operation: HistoryOperation, _ key: Int, _ worker: inout Worker) async -> Bool {
    let client = clients[Int(worker.random.below(UInt64(clients.count)))]
    do {
      let request = RegisterRequests.call(operation, table: Self.table, key: "k\(key)")
      let token = recorder.begin(client: worker.name, operation, keys: ["k\(key)"], at: now())
      let answer: Result<[UInt8], CallError>
      do throws(CallError) {
        answer = .success(try await client.call(request.method, body: request.body))
      } catch {
        answer = .failure(error)
      }
      let isAnswered = try end(token, operation, answer, key, &worker)
      if isAnswered { progress.withLock { $0.answered += 1 } }
      return isAnswered
    } catch {
      giveUp(error)
      return false
    }
  }

  private func end(
    _ token: HistoryRecorder.Token, _ operation: HistoryOperation, _ answer: Result<[UInt8], CallError>, _ key: Int,
    _ worker: inout Worker
  ) throws -> Bool {
    let time = now()
    switch answer {
    case .success(let bytes):
      let output = try RegisterRequests.output(of: operation, answer: bytes)
      recorder.end(token, .ok, output: output, at: time)
      worker.see(operation, output, key)
      return true
    case .failure(let error):
      let (outcome, output) = try HistoryRequests.result(of: error)
      if operation == .get {
        // A read that failed had no effect and told nothing.
        recorder.drop(token)
      } else {
        recorder.end(token, outcome, output: output, at: time)
        if outcome == .unknown { worker.lives += 1 }
      }
      return outcome == .ok
    }
  }

  /// Nanoseconds since the load was made.
  private func now() -> Int64 {
    let elapsed = (ContinuousClock.now - started).components
    return elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
  }
}
