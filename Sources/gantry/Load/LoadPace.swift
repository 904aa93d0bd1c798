internal import ArgumentParser
internal import Environment
internal import Load

/// How much is asked, and for how long.
struct LoadPace: ParsableArguments {
  @Option(help: ArgumentHelp("Operations under way at most, each on a connection of its own.", valueName: "number"))
  var clients = 16
  @Option(help: ArgumentHelp("Threads that the clients are spread over.", valueName: "number")) var threads = 1
  @Option(
    help: ArgumentHelp(
      "Operations a second that begin whatever the answers: an open loop. 'natural': the workload's own.",
      valueName: "number"))
  var rate: String?
  @Option(
    help: ArgumentHelp(
      "Stages of an open loop, in order: 'ramp 100..1000 10s', 'step 500 5s', 'spike 3000 1s', 'hold 30s'.",
      valueName: "stage"))
  var stage: [String] = []
  @Option(help: ArgumentHelp("Measured time, such as 500ms, 30s, 5m. Default: 30s.", valueName: "time"))
  var duration: String?
  @Option(help: ArgumentHelp("End after so many operations.", valueName: "number")) var operations: Int?
  @Option(help: ArgumentHelp("Time before the measured time that is not counted.", valueName: "time"))
  var warmUp = "0s"
  @Option(help: ArgumentHelp("For each attempt of a request.", valueName: "time")) var timeout = "10s"
  @Option(
    help: ArgumentHelp("Further attempts where one failed for a while only, as SDKs make them.", valueName: "number"))
  var retries = 2

  func settings(naturalRate: Double?) throws -> LoadSettings {
    var settings = try paced(naturalRate)
    settings.clients = clients
    settings.threads = threads
    settings.operations = operations
    settings.warmUp = try span(warmUp, "--warm-up")
    settings.timeout = try span(timeout, "--timeout")
    settings.retries = retries
    return settings
  }

  private func paced(_ naturalRate: Double?) throws -> LoadSettings {
    let duration = try duration.map { try span($0, "--duration") }
    if !stage.isEmpty {
      guard rate == nil, duration == nil else {
        throw ValidationError("--stage says both how fast and how long; --rate and --duration do not go with it.")
      }
      return LoadSettings(pace: .open(try Stage.parse(stage)))
    }
    guard let rate = try rateNumber(naturalRate) else {
      return LoadSettings(pace: .closed, duration: duration ?? (operations == nil ? .seconds(30) : nil))
    }
    return LoadSettings(pace: .open([.steady(rate, duration ?? defaultDuration(rate))]))
  }

  /// Long enough for the operations that are asked for.
  private func defaultDuration(_ rate: Double) -> Span {
    guard let operations, operations > 0 else { return .seconds(30) }
    return .seconds(UInt64((Double(operations) / rate).rounded(.up)) + 1)
  }

  private func rateNumber(_ naturalRate: Double?) throws -> Double? {
    guard let rate else { return nil }
    if rate == "natural" {
      guard let naturalRate else { throw ValidationError("The workload has no natural rate; give --rate a number.") }
      return naturalRate
    }
    guard let number = Double(rate), number >= 0.001, number <= LoadLimits.rateMax else {
      throw ValidationError("--rate is a number of operations a second, or 'natural', and not '\(rate)'.")
    }
    return number
  }

  private func span(_ text: String, _ option: String) throws -> Span {
    guard let span = Span(text: text) else {
      throw ValidationError("\(option) is a time of at most a day such as 250ms, 30s or 5m, and not '\(text)'.")
    }
    return span
  }
}
