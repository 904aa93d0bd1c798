internal import Glibc

/// Watches a sink until its mirror has all of a table: how fast records or a load's items went in, and what memory the
/// sink took meanwhile.
public struct FollowMeasurement: Sendable {
  static let lookMs = 100

  public var table: String
  /// The sink's process, for its memory.
  public var pid: Int32?
  public var timeoutSeconds = 900

  public init(table: String) { self.table = table }

  private struct Sample {
    var seconds: Double
    /// Of the stream, and of the load.
    var applied: Int
    var published: Int
    var state: String
    var residentKiB: Int
  }

  public func run(_ target: PostgresTarget) async throws -> String {
    let session = Session(target)
    defer { session.end() }
    let start = ContinuousClock.now
    async let hasAll = MirrorWait.run(target, table: table, timeoutMs: timeoutSeconds * 1_000)
    let watch = Task { [self] in
      var samples: [Sample] = []
      while !Task.isCancelled {
        let seconds = (ContinuousClock.now - start).seconds
        if let sample = try? await session.run({ [table, pid] in try Self.sample($0, table, pid, seconds) }) {
          samples.append(sample)
        }
        try? await Task.sleep(for: .milliseconds(Self.lookMs))
      }
      return samples
    }
    let isWhole = try await hasAll
    watch.cancel()
    return text(await watch.value, isWhole)
  }

  private static func sample(
    _ connection: Connection, _ table: String, _ pid: Int32?, _ seconds: Double
  ) throws -> Sample {
    let rows = try connection.query(
      """
      SELECT (SELECT COALESCE(sum(records), 0) FROM gantry_shards WHERE table_name = $1),
        COALESCE((SELECT sum(items) FROM gantry_load_segments WHERE table_name = $1), 0),
        COALESCE((SELECT published FROM gantry_loads WHERE table_name = $1), 0),
        COALESCE((SELECT state FROM gantry_loads WHERE table_name = $1), 'none')
      """, [.text(table)])
    let state = rows.text(0, 3)!
    return Sample(
      seconds: seconds, applied: rows.integer(0, 0)!,
      published: state == "scanning" ? rows.integer(0, 1)! : rows.integer(0, 2)!, state: state,
      residentKiB: pid.map(residentKiB) ?? 0)
  }

  private static func residentKiB(_ pid: Int32) -> Int {
    guard let file = fopen("/proc/\(pid)/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let words = line.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }.split(separator: " ")
    return words.count > 1 ? (Int(words[1]) ?? 0) * 4 : 0
  }

  private func text(_ samples: [Sample], _ isWhole: Bool) -> String {
    guard let first = samples.first, let last = samples.last else { return "nothing was seen" }
    var lines: [String] = []
    let records = last.applied - first.applied
    // From the first record that went in to the last.
    let moving = samples.filter { $0.applied > first.applied && $0.applied < last.applied }
    if let begin = moving.first, let end = moving.last, end.seconds > begin.seconds {
      let rate = Double(end.applied - begin.applied) / (end.seconds - begin.seconds)
      lines.append("\(records) records; \(Int(rate))/s while they went in, \(last.seconds) s in all")
    } else {
      lines.append("\(records) records in \(last.seconds) s")
    }
    for state in ["scanning", "waiting", "publishing", "removing"] {
      let part = samples.filter { $0.state == state }
      guard let begin = part.first, let end = part.last else { continue }
      lines.append("  \(state): \(end.seconds - begin.seconds) s, \(end.published) items")
    }
    if pid != nil { lines.append("  memory (MiB) at each eighth: \(memory(samples))") }
    if !isWhole { lines.append("  the mirror did not become whole in \(timeoutSeconds) s") }
    return lines.joined(separator: "\n")
  }

  private func memory(_ samples: [Sample]) -> String {
    (1...8).map { "\(samples[min(samples.count - 1, samples.count * $0 / 8)].residentKiB >> 10)" }
      .joined(separator: ", ")
  }
}
