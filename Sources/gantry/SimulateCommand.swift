internal import ArgumentParser
internal import Environment
internal import Glibc
internal import Simulation

struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Runs whole regions on virtual time, with faults, and checks what clients saw.",
    discussion: """
      A seed decides everything, so a seed that fails can be run again. Ends with 0 where no seed failed, else with 1
      after the trace's end, the command that repeats it, and a smaller schedule of faults that fails too.
      Examples:
        gantry simulate --seed 7
        gantry simulate --seeds 1..500 --minutes 5
      """)

  @Option(help: "One seed.") var seed: UInt64?
  @Option(help: ArgumentHelp("Seeds from one to another, both included.", valueName: "a..b")) var seeds: String?
  @Option(help: "Begin no further seed after so much real time.") var minutes: Double?
  @Option(help: "Simulated time under faults, for each seed.") var seconds: UInt64 = 60
  @Option(help: "Seeds at once; each takes one thread.") var jobs: Int = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  @Option(help: ArgumentHelp("Write the whole trace of the seed, or of those that fail, here.", valueName: "file"))
  var trace: String?
  @Option(help: "Runs at most to find a smaller schedule of a seed that failed; 0: none.") var shrinkRuns: Int = 120
  @Option(help: "Plant this bug first, in a build that was made with planted bugs.") var plant: String?
  @Flag(help: "Look for each planted bug with the same seeds, which must not fail without one.") var plants = false
  @Flag(help: "Fail where a rare path of the code was never taken.") var requireProbes = false
  @Flag(help: .hidden) var brief = false
  @Flag(help: "Answer in JSON: a line for each seed, then one for all.") var json = false

  func run() throws {
    if plants { return try findPlants() }
    if let plant { try Planting.plant(plant) }
    let campaign = Campaign(
      range: try range(), seconds: seconds, minutes: minutes, jobs: max(1, jobs), trace: trace, shrinkRuns: shrinkRuns,
      json: json, requiresProbes: requireProbes, isBrief: brief, plant: plant)
    if !campaign.run() { throw ExitCode(1) }
  }

  /// With `--plant` only that one.
  private func findPlants() throws {
    #if GANTRY_PLANTS
      if let plant { try Planting.plant(plant) }
      let campaign = PlantCampaign(
        range: try range(), seconds: seconds, jobs: max(1, jobs), names: plant.map { [$0] } ?? [],
        json: json)
      if !campaign.run() { throw ExitCode(1) }
    #else
      throw ValidationError(Planting.refusal)
    #endif
  }

  func validate() throws {
    guard (seed == nil) != (seeds == nil) else { throw ValidationError("Give --seed N or --seeds A..B.") }
    guard (1...3_600).contains(seconds) else { throw ValidationError("--seconds must be 1 to 3600.") }
    _ = try range()
  }

  private func range() throws -> ClosedRange<UInt64> {
    if let seed { return seed...seed }
    let ends = (seeds ?? "").split(separator: ".", omittingEmptySubsequences: true).map { UInt64($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else {
      throw ValidationError("--seeds takes two numbers with two dots between them, such as 1..500.")
    }
    return first...last
  }
}
