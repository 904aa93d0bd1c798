import Client
import Synchronization

/// Puts new items at a fixed rate whatever the answers do (an open loop), and remembers which were acknowledged.
final class WriteLoad: Sendable {
  static let perSecond = 650
  /// Requests that may wait for an answer at once; what comes due beyond it is not offered, and counted.
  static let outstandingMax = 1_500

  private struct State {
    var offered = 0
    var refused = 0
    var outstanding = 0
    var acknowledged: [Int] = []
    var failures: [String: Int] = [:]
    var isStopping = false
  }

  private let state = Mutex(State())
  private let client: DynamoClient
  private let table: String
  private let started = ContinuousClock.now

  init(_ client: DynamoClient, table: String) {
    self.client = client
    self.table = table
  }

  static func id(_ number: Int) -> String { "item-\(number)" }
  static func value(_ number: Int) -> String {
    String(repeating: "\(number &* 2_654_435_761 & 0xFFFF_FFFF)-", count: 8)
  }

  var offered: Int { state.withLock { $0.offered } }
  var refused: Int { state.withLock { $0.refused } }
  var acknowledged: [Int] { state.withLock { $0.acknowledged } }
  var failures: [String: Int] { state.withLock { $0.failures } }

  func stop() { state.withLock { $0.isStopping = true } }

  /// Runs until ``stop()``; returns the seconds that it offered load for, when every request has its outcome.
  func run() async -> Double {
    var next = 0
    while !state.withLock({ $0.isStopping }) {
      let due = Int(seconds * Double(Self.perSecond))
      while next < due {
        offer(next)
        next += 1
      }
      try? await Task.sleep(for: .milliseconds(2))
    }
    let elapsed = seconds
    while state.withLock({ $0.outstanding }) > 0 { try? await Task.sleep(for: .milliseconds(5)) }
    return elapsed
  }

  private var seconds: Double {
    let elapsed = (ContinuousClock.now - started).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
  }

  private func offer(_ number: Int) {
    let isAdmitted = state.withLock { state in
      guard state.outstanding < Self.outstandingMax else {
        state.refused += 1
        return false
      }
      state.outstanding += 1
      state.offered += 1
      return true
    }
    guard isAdmitted else { return }
    Task.detached { [self] in
      let failure: String?
      do throws(CallError) {
        let body = Requests.put(table, id: Self.id(number), value: Self.value(number))
        _ = try await client.call("PutItem", body: body)
        failure = nil
      } catch {
        failure = error.code ?? "no answer"
      }
      state.withLock { state in
        state.outstanding -= 1
        if let failure { state.failures[failure, default: 0] += 1 } else { state.acknowledged.append(number) }
      }
    }
  }

  /// Waits until `count` more writes were acknowledged.
  func waitForAcknowledged(more count: Int) async throws {
    let goal = acknowledged.count + count
    let deadline = ContinuousClock.now + .seconds(60)
    while acknowledged.count < goal {
      guard ContinuousClock.now < deadline else {
        throw Failure(text: "writes are not acknowledged any more: \(acknowledged.count) of \(offered), \(failures)")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}
