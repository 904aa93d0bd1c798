public import Environment
internal import Glibc

/// Ranks from 0, the first the most frequent, by Gray et al., "Quickly generating billion-record synthetic databases"
/// (SIGMOD 1994), the way that YCSB draws them. The first two ranks have exactly their share of a Zipf distribution,
/// the others nearly.
public struct ZipfianRanks: Sendable {
  /// The constant of YCSB.
  public static let theta = 0.99
  private static let alpha = 1 / (1 - theta)
  /// The sum of the first two shares.
  private static let zetaOfTwo = 1 + pow(0.5, theta)

  public private(set) var count: Int
  private var zeta: Double
  private var eta: Double

  /// - Parameters:
  ///   - count: of the ranks, at least 1.
  ///   - zeta: what ``zeta(_:)`` gives for `count`, where it is known.
  public init(count: Int, zeta: Double? = nil) {
    self.count = count
    self.zeta = zeta ?? Self.zeta(count)
    eta = Self.eta(count, self.zeta)
  }

  /// The sum of 1/rank^θ over `count` ranks counted from 1; O(count).
  public static func zeta(_ count: Int) -> Double { zeta(count, from: 0, sum: 0) }

  private static func zeta(_ count: Int, from start: Int, sum: Double) -> Double {
    var sum = sum
    for rank in start..<count { sum += 1 / pow(Double(rank + 1), theta) }
    return sum
  }

  private static func eta(_ count: Int, _ zeta: Double) -> Double {
    (1 - pow(2 / Double(count), 1 - theta)) / (1 - zetaOfTwo / zeta)
  }

  /// More ranks; O(added).
  public mutating func grow(to count: Int) {
    guard count > self.count else { return }
    zeta = Self.zeta(count, from: self.count, sum: zeta)
    self.count = count
    eta = Self.eta(count, zeta)
  }

  public func next(_ random: inout SeededRandom) -> Int { rank(at: random.unit()) }

  /// The rank of a point between 0 and 1 (not included).
  func rank(at point: Double) -> Int {
    let share = point * zeta
    if share < 1 { return 0 }
    if share < Self.zetaOfTwo { return 1 }
    return min(count - 1, Int(Double(count) * pow(eta * point - eta + 1, Self.alpha)))
  }
}

extension SeededRandom {
  /// From 0 to below 1, in steps of 2⁻⁵³.
  @inline(__always) mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
