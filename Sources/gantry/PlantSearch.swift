#if GANTRY_PLANTS
  internal import Dispatch
  internal import Environment
  internal import Glibc
  internal import Synchronization

  /// The seeds of a campaign under one planted bug, or under none.
  struct PlantSearch: Sendable {
    let plant: String?
    let campaign: PlantCampaign

    /// What came of one seed.
    struct Run: Sendable {
      var seed: UInt64
      /// Empty after a run without a violation, else what showed it.
      var what: [String]
      var simulatedSeconds: Int
    }

    struct Outcome {
      /// By their seeds.
      var runs: [Run]
      var failed: [Run] { runs.filter { !$0.what.isEmpty } }
      var found: Run? { failed.first }

      /// Until the first seed that failed.
      var simulatedSeconds: Int {
        let last = found?.seed ?? .max
        return runs.reduce(0) { $0 + ($1.seed <= last ? $1.simulatedSeconds : 0) }
      }

      func json(_ plant: String?) -> String {
        let by = (found?.what ?? []).map { "\"\($0.filter { $0 != "\"" && $0 != "\\" })\"" }.joined(separator: ",")
        guard let plant else {
          let seeds = failed.map { "\($0.seed)" }.joined(separator: ",")
          return
            "{\"plant\":null,\"failed\":[\(seeds)],\"by\":[\(by)],\"seeds\":\(runs.count),\"simulatedSeconds\":\(simulatedSeconds)}"
        }
        let seed = found.map { "\($0.seed)" } ?? "null"
        return
          "{\"plant\":\"\(plant)\",\"seed\":\(seed),\"by\":[\(by)],\"seeds\":\(runs.count),\"simulatedSeconds\":\(simulatedSeconds)}"
      }
    }

    private struct State {
      var next: UInt64?
      var runs: [Run] = []
    }

    /// Stops at the first failure where something is planted.
    func run() -> Outcome {
      let state = Mutex(State(next: campaign.range.lowerBound))
      DispatchQueue.concurrentPerform(iterations: min(campaign.jobs, campaign.range.count)) { _ in
        while let seed = take(state) {
          var run = run(seed, plant)
          if plant != nil, !run.what.isEmpty, !self.run(seed, nil).what.isEmpty { run.what = [] }
          state.withLock { state in
            state.runs.append(run)
            if !run.what.isEmpty, plant != nil { state.next = nil }
          }
        }
      }
      return Outcome(runs: state.withLock { $0.runs }.sorted { $0.seed < $1.seed })
    }

    private func take(_ state: borrowing Mutex<State>) -> UInt64? {
      state.withLock { state in
        guard let seed = state.next else { return nil }
        state.next = seed < campaign.range.upperBound ? seed + 1 : nil
        return seed
      }
    }

    private func run(_ seed: UInt64, _ plant: String?) -> Run {
      var words = ["simulate", "--seed", "\(seed)", "--seconds", "\(campaign.seconds)", "--json", "--brief"]
      if let plant { words += ["--plant", plant] }
      let (output, status) = SeedProcess.run(words)
      let seconds = SeedProcess.number(after: "\"simulatedSeconds\":", in: output) ?? Int(campaign.seconds)
      var run = Run(seed: seed, what: [], simulatedSeconds: seconds)
      switch status {
      case .exited(0): break
      case .exitedByLimit: run.what = ["it does not end"]
      case .exited:
        let sentence = output.split(separator: "\n").first { $0.contains("Fatal error") }
        run.what =
          sentence.map { ["assertion: \($0.drop { $0 != "F" }.dropFirst(13))"] } ?? SeedProcess.kinds(in: output)
      }
      return run
    }
  }
#endif
