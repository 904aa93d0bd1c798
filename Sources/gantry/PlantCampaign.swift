#if GANTRY_PLANTS
  internal import Dispatch
  internal import Environment
  internal import Glibc
  internal import Synchronization

  /// The proof that the simulator finds bugs: for each planted one the seeds run in turn until one fails, and for none all
  /// of them, which must not fail.
  ///
  /// Each seed is a process of its own: some bugs end it by an assertion, and none may see what an earlier one left. The
  /// process that looks on knows which bug is planted; schedules, clients and checks do not.
  struct PlantCampaign: Sendable {
    var range: ClosedRange<UInt64>
    var seconds: UInt64
    var jobs: Int
    var names: [String]

    /// False where a planted bug was not found, or a seed failed without one.
    func run() -> Bool {
      let named = names.isEmpty ? Plant.allCases.map(\.rawValue) : names
      Terminal.print(Self.row("planted", "seeds until found", "simulated seconds", "found by"))
      var isProven = true
      for name in named {
        let search = Search(plant: name, campaign: self).run()
        isProven = isProven && search.found != nil
        let count = search.found.map { "\($0.seed - range.lowerBound + 1)" } ?? "not in \(range.count)"
        Terminal.print(Self.row(name, count, "\(search.simulatedSeconds)", search.found?.what ?? ""))
      }
      guard names.isEmpty else { return isProven }
      let healthy = Search(plant: nil, campaign: self).run()
      let outcome = healthy.failed.isEmpty ? "none fails" : "fail: \(healthy.failed.map(\.seed))"
      Terminal.print(Self.row("nothing", "\(outcome) of \(range.count)", "\(healthy.simulatedSeconds)", ""))
      return isProven && healthy.failed.isEmpty
    }

    private static func row(_ plant: String, _ count: String, _ seconds: String, _ what: String) -> String {
      func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
      }
      return column(plant, 38) + column(count, 20) + column(seconds, 20) + what
    }
  }

  /// What came of one seed.
  struct PlantedRun: Sendable {
    var seed: UInt64
    /// Nil after a run without a violation, else what showed it.
    var what: String?
    var simulatedSeconds: Int
  }

  /// The seeds under one planted bug.
  private struct Search: Sendable {
    let plant: String?
    let campaign: PlantCampaign

    struct Outcome {
      var runs: [PlantedRun]
      var failed: [PlantedRun] { runs.filter { $0.what != nil } }
      var found: PlantedRun? { failed.first }

      /// Until the first seed that failed.
      var simulatedSeconds: Int {
        let last = found?.seed ?? .max
        return runs.reduce(0) { $0 + ($1.seed <= last ? $1.simulatedSeconds : 0) }
      }
    }

    private struct State {
      var next: UInt64?
      var runs: [PlantedRun] = []
    }

    /// Stops at the first failure where something is planted.
    func run() -> Outcome {
      let state = Mutex(State(next: campaign.range.lowerBound))
      DispatchQueue.concurrentPerform(iterations: min(campaign.jobs, campaign.range.count)) { _ in
        while let seed = take(state) {
          let run = run(seed)
          state.withLock { state in
            state.runs.append(run)
            if run.what != nil, plant != nil { state.next = nil }
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

    private func run(_ seed: UInt64) -> PlantedRun {
      var words = ["simulate", "--seed", "\(seed)", "--seconds", "\(campaign.seconds)", "--json", "--brief"]
      if let plant { words += ["--plant", plant] }
      let (output, status) = Self.launch(words)
      let seconds = Self.number(after: "\"simulatedSeconds\":", in: output) ?? Int(campaign.seconds)
      var run = PlantedRun(seed: seed, what: nil, simulatedSeconds: seconds)
      guard status != 0 else { return run }
      // The code that `timeout` ends with.
      if status >> 8 == 124 {
        run.what = "it does not end"
        return run
      }
      let sentence = output.split(separator: "\n").first { $0.contains("Fatal error") }
      run.what = sentence.map { "assertion: \($0.drop { $0 != "F" }.dropFirst(13))" } ?? Self.kinds(in: output)
      return run
    }

    private static func kinds(in output: String) -> String {
      guard let start = output.range(of: "\"violations\":[")?.upperBound,
        let end = output[start...].firstIndex(of: "]")
      else { return "the process ended" }
      var kinds: [Substring] = []
      for kind in output[start..<end].split(separator: ",") where !kinds.contains(kind) { kinds.append(kind) }
      return kinds.map { $0.filter { $0 != "\"" } }.joined(separator: ", ")
    }

    private static func number(after name: String, in output: String) -> Int? {
      guard let start = output.range(of: name)?.upperBound else { return nil }
      return Int(output[start...].prefix { $0.isNumber })
    }

    private static let patienceSeconds = 120

    /// Runs this binary with other words; its output with its errors, and how it ended.
    private static func launch(_ words: [String]) -> (output: String, status: Int32) {
      var path = [CChar](repeating: 0, count: Int(PATH_MAX))
      guard readlink("/proc/self/exe", &path, path.count - 1) > 0 else { return ("", -1) }
      let binary = String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      // A trap need not be explained frame by frame.
      let line =
        "exec timeout \(Self.patienceSeconds) env SWIFT_BACKTRACE=enable=no '\(binary)' \(words.joined(separator: " ")) 2>&1"
      guard let pipe = popen(line, "re") else { return ("", -1) }
      var output: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4_096)
      while true {
        let count = fread(&buffer, 1, buffer.count, pipe)
        if count == 0 { break }
        output += buffer[..<count]
      }
      return (String(decoding: output, as: UTF8.self), pclose(pipe))
    }
  }

  extension String {
    /// Where `text` stands first. Without Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
      let wanted = Array(text.utf8)
      var start = utf8.startIndex
      while let found = utf8[start...].firstIndex(of: wanted[0]) {
        if utf8[found...].starts(with: wanted) { return found..<utf8.index(found, offsetBy: wanted.count) }
        start = utf8.index(after: found)
      }
      return nil
    }
  }
#endif
