#if GANTRY_PLANTS
  internal import Environment

  /// The proof that the simulator finds bugs: for each planted one the seeds run in turn until one fails, and for none all
  /// of them, which must not fail.
  ///
  /// Each seed is a process of its own: some bugs end it by an assertion or never let it end, and none may see what an
  /// earlier one left. The process that looks on knows which bug is planted; schedules, clients and checks do not. A seed
  /// that fails without a bug too proves nothing.
  struct PlantCampaign: Sendable {
    var range: ClosedRange<UInt64>
    var seconds: UInt64
    var jobs: Int
    /// Empty: all, and none.
    var names: [String]
    var json: Bool

    /// False where a planted bug was not found, or a seed failed without one.
    func run() -> Bool {
      if !json { Terminal.print(Self.row("planted", "seeds until found", "simulated seconds", "found by")) }
      var isProven = true
      for name in names.isEmpty ? Plant.allCases.map(\.rawValue) : names {
        let search = PlantSearch(plant: name, campaign: self).run()
        isProven = isProven && search.found != nil
        show(search, of: name)
      }
      guard names.isEmpty else { return isProven }
      let healthy = PlantSearch(plant: nil, campaign: self).run()
      show(healthy, of: nil)
      return isProven && healthy.failed.isEmpty
    }

    private func show(_ search: PlantSearch.Outcome, of name: String?) {
      guard !json else { return Terminal.print(search.json(name)) }
      guard let name else {
        let failed = search.failed.map { "\($0.seed)" }.joined(separator: ", ")
        let count = "none of \(range.count)"
        return Terminal.print(Self.row("nothing", failed.isEmpty ? count : failed, "\(search.simulatedSeconds)", ""))
      }
      let count = search.found.map { "\($0.seed - range.lowerBound + 1)" } ?? "not in \(range.count)"
      let what = search.found?.what.joined(separator: ", ") ?? ""
      Terminal.print(Self.row(name, count, "\(search.simulatedSeconds)", what))
    }

    private static func row(_ plant: String, _ count: String, _ seconds: String, _ what: String) -> String {
      func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
      }
      return column(plant, 38) + column(count, 20) + column(seconds, 20) + what
    }
  }
#endif
