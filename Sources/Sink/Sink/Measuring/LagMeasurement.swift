public import Client
internal import Items
internal import Synchronization

/// Measures how long it takes from a write's acknowledgement until its row is visible in PostgreSQL, at a fixed rate.
public struct LagMeasurement: Sendable {
  public struct Report: Sendable {
    public var writes: Int
    public var failures: Int
    /// Acknowledged but not visible when the wait for the rest ended.
    public var unseen: Int
    public var perSecond: Double
    public var p50Ms: Double
    public var p99Ms: Double
    public var maxMs: Double
    /// From the write being sent, for p99.
    public var p99SinceSentMs: Double

    public var text: String {
      func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
      return "\(writes) writes at \(number(perSecond))/s (\(failures) failed, \(unseen) never seen): from acknowledged "
        + "to visible p50 \(number(p50Ms)) ms, p99 \(number(p99Ms)) ms, max \(number(maxMs)) ms; from sent p99 "
        + "\(number(p99SinceSentMs)) ms"
    }
  }

  /// Orders that are written in turn, so that a batch seldom has one twice.
  static let orders = 5_000
  static let pollMs = 3

  public var client: DynamoClient
  public var table: String
  public var perSecond = 500
  public var seconds = 30

  public init(client: DynamoClient, table: String) {
    self.client = client
    self.table = table
  }

  private struct Write {
    var id: [UInt8]
    var version: Int
    var sent: ContinuousClock.Instant
    var acknowledged: ContinuousClock.Instant
  }

  private final class Tally: Sendable {
    let waiting = Mutex<[Write]>([])
    let failures = Mutex(0)
    let isOver = Mutex(false)
  }

  public func run(_ target: PostgresTarget) async throws -> Report {
    let tally = Tally()
    let session = Session(target)
    defer { session.end() }
    let start = ContinuousClock.now
    async let lags = look(session, tally)
    await offer(tally)
    let elapsed = (ContinuousClock.now - start).seconds
    tally.isOver.withLock { $0 = true }
    let found = try await lags
    let sorted = found.map(\.acknowledged).sorted()
    let sinceSent = found.map(\.sent).sorted()
    func rank(_ values: [Double], _ share: Double) -> Double {
      values.isEmpty ? .nan : values[min(values.count - 1, Int(share * Double(values.count)))] * 1_000
    }
    return Report(
      writes: found.count, failures: tally.failures.withLock { $0 }, unseen: tally.waiting.withLock { $0.count },
      perSecond: Double(found.count) / elapsed, p50Ms: rank(sorted, 0.5), p99Ms: rank(sorted, 0.99),
      maxMs: rank(sorted, 1), p99SinceSentMs: rank(sinceSent, 0.99))
  }

  /// An open loop: writes begin when they are due.
  private func offer(_ tally: Tally) async {
    await withTaskGroup { group in
      let start = ContinuousClock.now
      for number in 0..<(perSecond * seconds) {
        let due = start + .seconds(1) * (Double(number) / Double(perSecond))
        if due > .now { try? await Task.sleep(until: due, tolerance: .zero) }
        group.addTask { await write(number, tally) }
      }
    }
  }

  private func write(_ number: Int, _ tally: Tally) async {
    let course = Course(patient: "lag-\(number % Self.orders)")
    var item = course.order(Course.statuses[number / Self.orders % Course.statuses.count])
    item[Array("version".utf8)] = .number(Number(number))
    var body = JSONWriter()
    body.beginObject()
    body.key("TableName")
    body.string(table)
    body.key("Item")
    body.item(item)
    body.endObject()
    let sent = ContinuousClock.now
    do throws(CallError) {
      _ = try await client.call("PutItem", body: body.bytes)
    } catch {
      return tally.failures.withLock { $0 += 1 }
    }
    let shape = TableShape(name: table, partitionKey: "PK", sortKey: "SK")
    let write = Write(id: ItemIdentity(item, of: shape)!.id, version: number, sent: sent, acknowledged: .now)
    tally.waiting.withLock { $0.append(write) }
  }

  /// Looks for what is waited for every few milliseconds; a row that is newer still counts.
  private func look(_ session: Session, _ tally: Tally) async throws -> [(acknowledged: Double, sent: Double)] {
    var lags: [(acknowledged: Double, sent: Double)] = []
    var overSince: ContinuousClock.Instant?
    while true {
      let waiting = tally.waiting.withLock { $0 }
      if tally.isOver.withLock({ $0 }) {
        overSince = overSince ?? .now
        if waiting.isEmpty || ContinuousClock.now - overSince! > .seconds(30) { return lags }
      }
      guard !waiting.isEmpty else {
        try await Task.sleep(for: .milliseconds(Self.pollMs))
        continue
      }
      let versions = try await session.run { try Self.versions($0, waiting.map(\.id)) }
      let now = ContinuousClock.now
      let seen = waiting.filter { versions[$0.id] ?? -1 >= $0.version }
      for write in seen {
        lags.append((max(0, (now - write.acknowledged).seconds), (now - write.sent).seconds))
      }
      let gone = Set(seen.map(\.version))
      tally.waiting.withLock { $0.removeAll { gone.contains($0.version) } }
      try await Task.sleep(for: .milliseconds(Self.pollMs))
    }
  }

  private static func versions(_ connection: Connection, _ ids: [[UInt8]]) throws -> [[UInt8]: Int] {
    let rows = try connection.query(
      "SELECT id, attributes->>'version' FROM gantry_mirror WHERE id = ANY($1)", [.array(ArrayColumn(.bytea, ids))])
    var versions: [[UInt8]: Int] = [:]
    for row in 0..<rows.count { versions[rows.binary(row, 0)!] = rows.integer(row, 1) ?? -1 }
    return versions
  }
}
