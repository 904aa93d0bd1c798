extension RunSettings {
  /// The two lines that each report begins with: which loop it is and what that means, then what was run.
  public var heading: String { loopLine + "\n" + runLine + "\n" }

  /// Open or closed loop, in plain words.
  var loopLine: String {
    guard let rate else {
      return "closed loop: each client waits for an answer before it asks again, "
        + "so closed-loop tails hide stalls (give a rate to see them)"
    }
    let arrivals = stages.isEmpty ? "\(Decimals.shortest(rate, 2)) operations a second" : "stages \(stages),"
    return "open loop: \(arrivals) whatever the answers; latency counts from the intended start, so stalls show"
  }

  var runLine: String {
    let duration = Decimals.shortest(durationMs / 1000, 1)
    let warmUp = warmUpMs > 0 ? " after \(Decimals.shortest(warmUpMs / 1000, 1)) s of warm-up" : ""
    return "workload \(workload), seed \(seed), \(clients) \(clients == 1 ? "client" : "clients"), "
      + "\(duration) s\(warmUp), \(endpoints.joined(separator: ", "))"
  }
}
