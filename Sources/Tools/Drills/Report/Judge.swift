internal import History
internal import Load
internal import Sink

/// Holds expectations against what was seen.
struct Judge {
  /// Fewer acknowledged writes of the ledger would let a loss go unseen.
  static let ledgerWritesMin = 100
  private static let namedMax = 3

  private let evidence: DrillEvidence

  init(_ evidence: DrillEvidence) { self.evidence = evidence }

  func judge(_ expectation: Expectation) -> DrillReport.Result {
    switch expectation.kind {
    case .lostAcknowledgedWrites: lostWrites(expectation)
    case .linearizable: linearizable(expectation)
    case .unavailableMsMax: unavailable(expectation)
    case .errorsMax: errors(expectation)
    case .p99MsMax: p99(expectation)
    case .convergedWithinSeconds: converged(expectation)
    case .sinkEqual: mirrored(expectation)
    case .regionsEqual: replicated(expectation)
    }
  }

  private func lostWrites(_ expectation: Expectation) -> DrillReport.Result {
    guard let lost = evidence.lost else { fatalError("A drill looks for the writes that it is asked about.") }
    if let unread = evidence.unread {
      return result(
        expectation, false, lost.isEmpty ? "not known" : "\(lost.count) or more",
        "\(unread.count) of \(evidence.ledgerWrites) acknowledged writes cannot be read: \(unread.reason)")
    }
    let names = lost.prefix(Self.namedMax).joined(separator: ", ")
    return result(
      expectation, Double(lost.count) <= expectation.bound, "\(lost.count)",
      lost.isEmpty
        ? "strong reads found each of \(evidence.ledgerWrites) acknowledged writes; \(evidence.ledgerUnknown) had no "
          + "known outcome"
        : "of \(evidence.ledgerWrites) acknowledged writes these are gone: \(names)\(lost.count > 3 ? ", …" : "")")
  }

  private func linearizable(_ expectation: Expectation) -> DrillReport.Result {
    do {
      let verdict = try LinearizabilityChecker().check(evidence.history)
      return result(expectation, verdict.isLinearizable, verdict.isLinearizable ? "true" : "false", "\(verdict)")
    } catch {
      return result(expectation, false, "no verdict", "\(error)")
    }
  }

  private func unavailable(_ expectation: Expectation) -> DrillReport.Result {
    guard let silence = Silence.longest(in: evidence.history) else {
      return result(expectation, false, "no answer at all", "the history is empty")
    }
    let start = evidence.history.map(\.invoked).min() ?? 0
    let times = [silence.from, silence.to].map { Decimals.fixed(Double($0 - start) / 1e9, 2) }
    let evidence = "key \(silence.key) gave no answer from \(times[0]) s to \(times[1]) s"
    return result(
      expectation, !silence.isOpen && silence.milliseconds <= expectation.bound,
      Decimals.fixed(silence.milliseconds, 0) + " ms", evidence + (silence.isOpen ? ", the end of the load" : ""))
  }

  private func errors(_ expectation: Expectation) -> DrillReport.Result {
    let errors = evidence.load.errors.filter { !$0.isExpected }
    let types = errors.map { "\($0.count) × \($0.type)" }.joined(separator: ", ")
    return result(
      expectation, Double(evidence.load.total.errors) <= expectation.bound, "\(evidence.load.total.errors)",
      "of \(evidence.load.total.count) operations, after their retries\(types.isEmpty ? "" : ": " + types)")
  }

  private func p99(_ expectation: Expectation) -> DrillReport.Result {
    let latency = evidence.load.total.latency
    return result(
      expectation, latency.count > 0 && latency.p99Ms <= expectation.bound, Decimals.fixed(latency.p99Ms, 1) + " ms",
      "\(latency.count) operations, from when each was due; the slowest took \(Decimals.fixed(latency.maxMs, 1)) ms")
  }

  private func converged(_ expectation: Expectation) -> DrillReport.Result {
    guard let convergence = evidence.convergence else {
      return DrillReport.Result(
        expectation: expectation, isHeld: nil, measured: "not looked at", evidence: "an endpoint shows no replicas")
    }
    guard let seconds = convergence.seconds else {
      return result(expectation, false, "never", convergence.obstacle ?? "")
    }
    return result(
      expectation, seconds <= expectation.bound, Decimals.fixed(seconds, 2) + " s",
      "every process up, every shard led, checksums of all replicas equal")
  }

  private func mirrored(_ expectation: Expectation) -> DrillReport.Result {
    guard let mirror = evidence.mirror else {
      return DrillReport.Result(
        expectation: expectation, isHeld: nil, measured: "not looked at", evidence: "an endpoint shows no mirror")
    }
    switch mirror {
    case .behind(let reason): return result(expectation, false, "false", reason)
    case .compared(let check, let seconds):
      let differences = check.differences.isEmpty ? "" : ", different: \(check.differences.joined(separator: ", "))"
      return result(
        expectation, check.isEqual, check.isEqual ? "true" : "false",
        "\(check.items) items in the table, \(check.mirrored) in PostgreSQL, \(Decimals.fixed(seconds, 1)) s after the "
          + "load\(differences)")
    }
  }

  private func replicated(_ expectation: Expectation) -> DrillReport.Result {
    switch evidence.regions {
    case nil:
      DrillReport.Result(
        expectation: expectation, isHeld: nil, measured: "not looked at", evidence: "an endpoint shows one region")
    case .different(let reason)?: result(expectation, false, "false", reason)
    case .equal(let items, let seconds)?:
      result(
        expectation, true, "true",
        "\(items) items in each region, \(Decimals.fixed(seconds, 1)) s after the load")
    }
  }

  private func result(
    _ expectation: Expectation, _ isHeld: Bool, _ measured: String, _ evidence: String
  ) -> DrillReport.Result {
    DrillReport.Result(expectation: expectation, isHeld: isHeld, measured: measured, evidence: evidence)
  }
}
