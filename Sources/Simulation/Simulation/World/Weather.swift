public import Environment

/// How messages fare on the network.
public struct Weather: Hashable, Sendable {
  /// Messages that never arrive, of a thousand.
  public var lossPerMille: UInt64
  /// Messages that arrive twice, of a thousand (between nodes only).
  public var duplicatesPerMille: UInt64
  /// A message takes up to this long, so later ones may overtake it.
  public var delayMax: Span

  public init(lossPerMille: UInt64, duplicatesPerMille: UInt64, delayMax: Span) {
    self.lossPerMille = lossPerMille
    self.duplicatesPerMille = duplicatesPerMille
    self.delayMax = delayMax
  }

  /// The worse of both in each respect.
  func worsened(by other: Weather) -> Weather {
    Weather(
      lossPerMille: max(lossPerMille, other.lossPerMille),
      duplicatesPerMille: max(duplicatesPerMille, other.duplicatesPerMille), delayMax: max(delayMax, other.delayMax))
  }
}

extension Weather: CustomStringConvertible {
  public var description: String {
    "weather: \(lossPerMille) ‰ lost, \(duplicatesPerMille) ‰ doubled, up to \(Fault.milliseconds(delayMax))"
  }
}
