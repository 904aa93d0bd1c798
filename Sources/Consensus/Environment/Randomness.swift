/// SplitMix64 (Steele, Lea, Flood 2014): the only randomness below the edge, always from a stated seed.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A value in `range`, every one equally likely up to a bias below 2⁻³².
  public mutating func below(_ bound: UInt64) -> UInt64 {
    precondition(bound > 0, "A random bound is positive.")
    return next().multipliedFullWidth(by: bound).high
  }

  /// True in `numerator` of `denominator` calls.
  public mutating func chance(_ numerator: UInt64, in denominator: UInt64) -> Bool { below(denominator) < numerator }
}
