internal import Load

/// The tail of latencies at 70 % of a system's own peak: what a service that is not overloaded makes its clients wait.
struct Tail {
  static let title = "Tail at 70 % of the peak"
  private static let share = 0.7

  struct Row {
    var verb: Verb
    var peak: Double
    var open: Measurement
  }

  let turns: Turns
  let keys: Int
  let clients: Int
  let seconds: Int

  func run() throws -> [Row] {
    guard let system = turns.systems.first else { fatalError("A tail is that of a system.") }
    return try [Verb.get, .put].map { verb in
      let peak = try turns.turn(
        system, .closed(clients: clients, seconds: seconds), verb, .random(count: keys, seed: 300)
      ).perSecond
      let open = try turns.turn(
        system, .open(rate: Self.share * peak, clients: clients, seconds: seconds), verb,
        .random(count: keys, seed: 301))
      turns.note(
        "\(verb) at \(Numbers.grouped(open.perSecond))/s: p99 \(Numbers.milliseconds(open.p99Ms)) ms\(open.errorText.map { "; errors: \($0)" } ?? "")"
      )
      return Row(verb: verb, peak: peak, open: open)
    }
  }

  static func table(_ rows: [Row]) -> String {
    var text = """
      | | peak, ops/s | offered, ops/s | done, ops/s | p50 ms | p99 ms | p99.9 ms | max ms | errors |
      | --- | --: | --: | --: | --: | --: | --: | --: | --: |

      """
    for row in rows {
      let rates = [row.peak, share * row.peak, row.open.perSecond].map(Numbers.grouped)
      let times = [row.open.p50Ms, row.open.p99Ms, row.open.p999Ms, row.open.maxMs].map(Numbers.milliseconds)
      text += "| \(row.verb) | " + (rates + times).joined(separator: " | ") + " | \(row.open.errors) |\n"
    }
    return text + "\nOpen loop: latency counts from when an operation was due. The peak is that of a closed loop.\n"
  }

  static func errors(_ rows: [Row]) -> String {
    rows.compactMap { row in row.open.errorText.map { "\nErrors of \(row.verb): \($0).\n" } }.joined()
  }
}
