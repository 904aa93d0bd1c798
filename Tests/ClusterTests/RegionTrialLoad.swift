import Client
import Foundation
import History
import Items
import Synchronization

/// Reads, writes and removals of the same items in two regions at once, and the history that tells which of them may stay.
final class RegionTrialLoad: Sendable {
  private struct State {
    var history = GlobalHistory(regions: ["us-east-1", "eu-west-1"])
    var values = 0
    var newestShownMs: UInt64 = 0
    /// By how much clocks are off at most, each way.
    var behindMs: UInt64 = 0
    var aheadMs: UInt64 = 0
    var isStopping = false
  }

  private static let keyCount = 24
  private static let clientsOfARegion = 4
  /// A stamp is of the last tick of a process, which may be late where the machine is busy.
  private static let lateTickMs: UInt64 = 1_000

  private let state = Mutex(State())
  private let clients: [DynamoClient]
  private let prefix: String
  private let start = ContinuousClock.now

  /// - Parameters:
  ///   - prefix: of the keys, which no other load uses.
  ///   - clients: of both regions; they try nothing again.
  init(_ prefix: String, _ clients: [DynamoClient]) {
    self.prefix = prefix
    self.clients = clients
  }

  var keys: [String] { (0..<Self.keyCount).map { "\(prefix)-\($0)" } }
  var acknowledged: [Int] { state.withLock { state in [0, 1].map { state.history.acknowledged(in: $0) } } }

  /// From here on some clock is off by that much.
  func clocksAreOff(byMs offset: Int) {
    state.withLock { state in
      state.behindMs = max(state.behindMs, UInt64(max(0, -offset)))
      state.aheadMs = max(state.aheadMs, UInt64(max(0, offset)))
    }
  }

  func stop() { state.withLock { $0.isStopping = true } }

  /// Runs until ``stop()``; returns when every request has its outcome.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      for region in clients.indices {
        for _ in 0..<Self.clientsOfARegion { group.addTask { await self.work(in: region) } }
      }
    }
  }

  private func work(in region: Int) async {
    while !state.withLock({ $0.isStopping }) {
      let key = "\(prefix)-\(Int.random(in: 0..<Self.keyCount))"
      switch Int.random(in: 0..<10) {
      case 0..<3: await read(key, region)
      case 3..<8: await write(key, region, removes: false)
      default: await write(key, region, removes: true)
      }
      try? await Task.sleep(for: .milliseconds(Int.random(in: 5...35)))
    }
  }

  private var now: UInt64 {
    let elapsed = (ContinuousClock.now - start).components
    return UInt64(elapsed.seconds) * 1_000_000_000 + UInt64(elapsed.attoseconds / 1_000_000_000)
  }

  private static var wallMs: UInt64 { UInt64(Date.now.timeIntervalSince1970 * 1_000) }

  private func read(_ key: String, _ region: Int) async {
    guard let answer = try? await clients[region].call("GetItem", body: Requests.get("things", id: key)) else { return }
    guard let value = try? Self.value(of: JSONValue(parsing: answer)["Item"]) else { return }
    state.withLock { [now] in $0.history.saw(value, of: key, in: region, at: now) }
  }

  private static func value(of item: JSONValue?) -> Int? { item?["value"]?["S"]?.text.flatMap { Int($0) } }

  private func write(_ key: String, _ region: Int, removes: Bool) async {
    let (place, value) = state.withLock { [now] state in
      state.values += 1
      // Shown from here on, whatever becomes of the request.
      state.newestShownMs = max(state.newestShownMs, Self.wallMs + state.aheadMs)
      let oldest = Self.wallMs - state.behindMs - Self.lateTickMs
      let value = removes ? nil : state.values
      return (state.history.begin(key, value, in: region, at: now, wallMs: oldest), value)
    }
    do throws(CallError) {
      let hadEffect = try await send(key, value, region)
      state.withLock { [now] state in
        if !hadEffect { state.history.foundNothing(place) }
        state.newestShownMs = max(state.newestShownMs, Self.wallMs + state.aheadMs)
        state.history.succeeded(place, at: now, wallMs: state.newestShownMs)
      }
    } catch {
      guard !error.isOutcomeUnknown else { return }
      state.withLock { $0.history.failed(place) }
    }
  }

  /// False for a removal that found nothing.
  private func send(_ key: String, _ value: Int?, _ region: Int) async throws(CallError) -> Bool {
    if let value {
      _ = try await clients[region].call("PutItem", body: Requests.put("things", id: key, value: "\(value)"))
      return true
    }
    let body = Requests.bytes(
      #"{"TableName":"things","Key":{"id":{"S":"\#(key)"}},"ReturnValues":"ALL_OLD"}"#)
    let answer = try await clients[region].call("DeleteItem", body: body)
    return (try? JSONValue(parsing: answer)["Attributes"]) ?? nil != nil
  }

  /// What is wrong with what the items came to; empty where every one is what the rule says.
  func faults(_ items: [String: String]) -> [String] {
    state.withLock { state in
      keys.compactMap { key in
        state.history.fault(of: key, ending: items[key].flatMap { Int($0) }).map { "\(key): \($0)" }
      }
    }
  }
}
