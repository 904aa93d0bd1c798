import Environment

/// What happened in a simulated region: a line for each notable event, and a hash over every event.
///
/// Equal hashes mean equal runs: the hash covers each message, tick and job with its time. Lines are made only where they
/// are wanted.
public final class Trace {
  public private(set) var lines: [String] = []
  public private(set) var hash: UInt64 = 0
  public let isKept: Bool
  /// Where what happens in one of several regions goes, with the region before each name.
  private let whole: Trace?
  private let label: String

  public init(isKept: Bool = false) {
    self.isKept = isKept
    whole = nil
    label = ""
  }

  /// The part of a region in the trace of several.
  init(of region: String, in whole: Trace) {
    isKept = whole.isKept
    self.whole = whole
    label = region + "."
  }

  /// Takes one event into the hash.
  @inline(__always) func fold(_ now: Instant, _ first: UInt64, _ second: UInt64) {
    if let whole { return whole.fold(now, first, second) }
    var mixed = hash &+ now.nanoseconds &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30) ^ first) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27) ^ second) &* 0x94D0_49BB_1331_11EB
    hash = mixed ^ (mixed >> 31)
  }

  /// Adds a line: the time in milliseconds, who, and what.
  func note(_ now: Instant, _ who: @autoclosure () -> String, _ what: @autoclosure () -> String) {
    guard isKept else { return }
    if let whole { return whole.note(now, label + who(), what()) }
    let micros = now.nanoseconds / 1_000
    let fraction = String(micros % 1_000)
    let time = "\(micros / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    let padding = String(repeating: " ", count: max(0, 10 - time.count))
    lines.append("\(padding)\(time) \(who()) \(what())")
  }
}
