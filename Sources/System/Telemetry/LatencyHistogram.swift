public import Synchronization

/// Counts of latencies in log-linear buckets: 16 per power of two, so that a bucket is at most 1/16 wide of its value.
///
/// Values are nanoseconds up to 2⁴⁰ (18 minutes); longer ones count in the last bucket. About 5 KB each.
///
/// `@unchecked`: the pointer never changes after `init`, and what it points to are atomics.
public final class LatencyHistogram: @unchecked Sendable {
  @usableFromInline static let subBits = 4
  @usableFromInline static let octaveMax = 40
  @usableFromInline static let bucketCount = (octaveMax - subBits + 1) << subBits

  @usableFromInline let buckets: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let sum = Atomic<UInt64>(0)

  public init() {
    buckets = .allocate(capacity: Self.bucketCount)
    for index in 0..<Self.bucketCount { (buckets + index).initialize(to: Atomic(0)) }
  }

  deinit {
    buckets.deinitialize(count: Self.bucketCount)
    buckets.deallocate()
  }

  @inlinable public func record(nanoseconds: UInt64) {
    buckets[Self.bucket(of: nanoseconds)].wrappingAdd(1, ordering: .relaxed)
    sum.wrappingAdd(nanoseconds, ordering: .relaxed)
  }

  @inlinable static func bucket(of value: UInt64) -> Int {
    if value < 1 << UInt64(subBits) { return Int(value) }
    let octave = 63 - value.leadingZeroBitCount
    if octave >= octaveMax { return bucketCount - 1 }
    let sub = Int(truncatingIfNeeded: value >> UInt64(octave - subBits)) & ((1 << subBits) - 1)
    return (octave - subBits + 1) << subBits + sub
  }

  /// The first value above the bucket, in nanoseconds.
  static func upperBound(ofBucket index: Int) -> UInt64 {
    if index < 1 << subBits { return UInt64(index) + 1 }
    let octave = index >> subBits + subBits - 1
    let sub = UInt64(index & ((1 << subBits) - 1))
    return (1 << UInt64(subBits) + sub + 1) << UInt64(octave - subBits)
  }

  public var count: UInt64 {
    (0..<Self.bucketCount).reduce(0) { $0 + buckets[$1].load(ordering: .relaxed) }
  }

  public var sumNanoseconds: UInt64 { sum.load(ordering: .relaxed) }

  /// The upper edge, in nanoseconds, of the bucket that holds the value of rank `quantile` (0…1); nil while empty.
  public func quantile(_ quantile: Double) -> UInt64? {
    let counts = (0..<Self.bucketCount).map { buckets[$0].load(ordering: .relaxed) }
    let total = counts.reduce(0, +)
    guard total > 0 else { return nil }
    let rank = max(1, UInt64((Double(total) * min(max(quantile, 0), 1)).rounded(.up)))
    var seen: UInt64 = 0
    for (index, count) in counts.enumerated() {
      seen += count
      if seen >= rank { return Self.upperBound(ofBucket: index) }
    }
    return Self.upperBound(ofBucket: Self.bucketCount - 1)
  }

  /// Cumulative counts at powers of two, the buckets that Prometheus gets: (upper edge in nanoseconds, count below it).
  func cumulativeOctaves() -> [(edge: UInt64, count: UInt64)] {
    var result: [(edge: UInt64, count: UInt64)] = []
    var seen: UInt64 = 0
    for index in 0..<Self.bucketCount {
      seen += buckets[index].load(ordering: .relaxed)
      let edge = Self.upperBound(ofBucket: index)
      if edge >= 1 << 13, edge.nonzeroBitCount == 1 { result.append((edge, seen)) }
    }
    return result
  }
}
