public import Environment

/// A piece of an open loop's time, in which its rate stays or changes evenly.
public struct Stage: Sendable, Equatable {
  /// Operations a second at its beginning and at its end.
  public var from: Double
  public var to: Double
  public var length: Span

  public init(from: Double, to: Double, length: Span) {
    self.from = from
    self.to = to
    self.length = length
  }

  public static func steady(_ rate: Double, _ length: Span) -> Stage { Stage(from: rate, to: rate, length: length) }

  /// Operations that are due in the stage, not rounded.
  var operations: Double { (from + to) / 2 * seconds }

  var seconds: Double { Double(length.nanoseconds) / 1e9 }
}

/// What a person wrote is no such thing as was asked for; the message says what is.
public struct LoadError: Error, Sendable, Equatable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}

extension Stage {
  /// Reads stages as a person writes them, in order:
  /// - `ramp 100..1000 10s`: from one rate to another;
  /// - `step 500 5s`: one rate;
  /// - `spike 3000 1s`: one rate, which a `hold` after it forgets;
  /// - `hold 30s`: the rate that was before.
  public static func parse(_ texts: [String]) throws(LoadError) -> [Stage] {
    var stages: [Stage] = []
    var held: Double?
    for text in texts {
      let words = text.split(separator: " ").map(String.init)
      let stage: Stage
      switch (words.first, words.count) {
      case ("ramp", 3):
        guard let range = rates(words[1]), let length = Span(text: words[2]) else { throw wrong(text) }
        stage = Stage(from: range.from, to: range.to, length: length)
        held = stage.to
      case ("step", 3), ("spike", 3):
        guard let rate = rate(words[1]), let length = Span(text: words[2]) else { throw wrong(text) }
        stage = .steady(rate, length)
        if words[0] == "step" { held = rate }
      case ("hold", 2):
        guard let length = Span(text: words[1]) else { throw wrong(text) }
        guard let held else { throw LoadError("--stage '\(text)': no rate came before it that it could hold") }
        stage = .steady(held, length)
      default: throw wrong(text)
      }
      guard stage.length > .zero else { throw LoadError("--stage '\(text)': a stage takes some time") }
      stages.append(stage)
    }
    return stages
  }

  private static func wrong(_ text: String) -> LoadError {
    LoadError(
      "--stage '\(text)' is none of 'ramp 100..1000 10s', 'step 500 5s', 'spike 3000 1s', 'hold 30s' "
        + "(rates are operations a second)")
  }

  private static func rates(_ text: String) -> (from: Double, to: Double)? {
    guard let dots = text.firstRange(of: ".."), let from = rate(String(text[..<dots.lowerBound])),
      let to = rate(String(text[dots.upperBound...]))
    else { return nil }
    return (from, to)
  }

  private static func rate(_ text: String) -> Double? {
    guard let rate = Double(text), rate.isFinite, rate >= 0, rate <= LoadLimits.rateMax else { return nil }
    return rate
  }
}

extension Span {
  /// A length of time as a person writes it: `250ms`, `30s`, `1.5m`, `1h`; nil for anything else, and beyond a day.
  public init?(text: String) {
    let units: [(name: String, nanoseconds: Double)] = [
      ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3_600e9),
    ]
    guard let unit = units.first(where: { text.hasSuffix($0.name) }),
      let number = Double(text.dropLast(unit.name.count)), number.isFinite, number >= 0,
      number * unit.nanoseconds <= 24 * 3_600e9
    else { return nil }
    self.init(nanoseconds: UInt64(number * unit.nanoseconds))
  }
}
