internal import Load

/// Times as drills count and show them.
enum Clocks {
  static func seconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) + Double(attoseconds) / 1e18
  }

  /// `12.3 s`, of one width.
  static func shown(_ seconds: Double) -> String { Decimals.padded(Decimals.fixed(seconds, 1), 6) + " s" }
}
