/// What was written to the items of a table with replicas, and what can be said of it: which of two writes must be the later
/// one, by the rule that the later one stays.
///
/// For the simulator and for real processes. Moments (`at`) are nanoseconds on one clock for all regions; `wallMs` is of the
/// clocks that versions are made of.
public struct GlobalHistory: Sendable {
  struct Write {
    var key: String
    /// Nil removes the item.
    var value: Int?
    var region: Int
    var begun: UInt64
    /// By the slowest clock of the world when it began.
    var begunMs: UInt64
    /// When it was known to be done, and by the fastest clock; nil while it is not.
    var ended: (at: UInt64, ms: UInt64)?
    /// It had no effect.
    var isVoid = false
    /// A removal that found nothing: it may leave a trace, which counts as one that removed something, or none.
    var foundNothing = false
  }

  private(set) var writes: [Write] = []
  /// When a value was first read in a region.
  private var seen: [Sight: UInt64] = [:]
  private let regions: [String]

  private struct Sight: Hashable {
    var value: Int
    var region: Int
  }

  /// - Parameter regions: their names; elsewhere a region is its place among them.
  public init(regions: [String]) { self.regions = regions }

  /// - Parameters:
  ///   - value: one that is written once; nil removes the item.
  ///   - wallMs: no clock of any region shows less now, and no version that is made from now on is of an earlier time.
  /// - Returns: the write's number.
  public mutating func begin(_ key: String, _ value: Int?, in region: Int, at now: UInt64, wallMs: UInt64) -> Int {
    writes.append(Write(key: key, value: value, region: region, begun: now, begunMs: wallMs))
    return writes.count - 1
  }

  /// The write was acknowledged.
  ///
  /// - Parameter wallMs: no clock of any region has ever shown more.
  public mutating func succeeded(_ place: Int, at now: UInt64, wallMs: UInt64) { writes[place].ended = (now, wallMs) }

  /// The write had no effect and will have none.
  public mutating func failed(_ place: Int) { writes[place].isVoid = true }

  /// The write is a removal of what was not there.
  public mutating func foundNothing(_ place: Int) { writes[place].foundNothing = true }

  /// A strong read in a region found it.
  public mutating func saw(_ value: Int, of key: String, in region: Int, at now: UInt64) {
    let sight = Sight(value: value, region: region)
    if seen[sight] == nil { seen[sight] = now }
  }

  /// Whether `write` must have a higher version than `other`: it began when the other one was done in the same region, or
  /// had been read there, or when every clock of the world showed more than any had at the other's end.
  func isLater(_ write: Write, than other: Write) -> Bool {
    if let value = other.value, let at = seen[Sight(value: value, region: write.region)], at < write.begun {
      return true
    }
    guard let ended = other.ended else { return false }
    return write.region == other.region && ended.at < write.begun || ended.ms < write.begunMs
  }

  /// Acknowledged writes of a region.
  public func acknowledged(in region: Int) -> Int {
    writes.count { $0.region == region && $0.ended != nil && !$0.isVoid }
  }

  /// Why an item cannot have come to that value; nil where it can.
  public func fault(of key: String, ending value: Int?) -> String? {
    let all = writes.filter { $0.key == key && !$0.isVoid }
    let acknowledged = all.filter { $0.ended != nil && !$0.foundNothing }
    var candidates = all.filter { $0.value == value }
    if candidates.isEmpty {
      guard value == nil else { return "nobody wrote what it is now" }
      return acknowledged.isEmpty ? nil : "a write in \(regions[acknowledged[0].region]) is lost"
    }
    for candidate in candidates {
      guard let later = acknowledged.first(where: { isLater($0, than: candidate) }) else { return nil }
      candidates.removeFirst()
      if candidates.isEmpty { return "\(text(of: candidate)) stays, though \(text(of: later)) was acknowledged" }
    }
    return nil
  }

  /// For people: what a write is, and what became of it.
  public func text(of place: Int) -> String { text(of: writes[place]) }

  private func text(of write: Write) -> String {
    let what =
      (write.value.map { "a put of \($0) to \(write.key)" } ?? "a removal of \(write.key)")
      + (write.isVoid ? ", refused," : write.foundNothing ? ", which was not there," : "")
    let until = write.ended.map { " to \($0.at / 1_000_000)" } ?? ", unknown,"
    return "\(what) in \(regions[write.region]) from \(write.begun / 1_000_000)\(until) ms"
  }
}
