import Environment

/// What was written to the items of a table with replicas, and what can be said of it: which of two writes must be the later
/// one, by the rule that the later one stays.
struct GlobalHistory {
  struct Write {
    var key: String
    /// Nil removes the item.
    var value: Int?
    var region: Int
    var begun: Instant
    /// By the slowest clock of the world when it began.
    var begunMs: UInt64
    /// When it was known to be done, and by the fastest clock; nil while it is not.
    var ended: (at: Instant, ms: UInt64)?
    /// It had no effect.
    var isVoid = false
    /// A removal that found nothing: it may leave a trace, which counts as one that removed something, or none.
    var foundNothing = false
  }

  private(set) var writes: [Write] = []
  /// When a value was first read in a region.
  private var seen: [Sight: Instant] = [:]

  private struct Sight: Hashable {
    var value: Int
    var region: Int
  }

  mutating func begin(_ key: String, _ value: Int?, in region: Int, at now: Instant, wallMs: UInt64) -> Int {
    writes.append(Write(key: key, value: value, region: region, begun: now, begunMs: wallMs))
    return writes.count - 1
  }

  mutating func succeeded(_ place: Int, at now: Instant, wallMs: UInt64) { writes[place].ended = (now, wallMs) }

  mutating func failed(_ place: Int) { writes[place].isVoid = true }

  mutating func foundNothing(_ place: Int) { writes[place].foundNothing = true }

  mutating func saw(_ value: Int, of key: String, in region: Int, at now: Instant) {
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

  /// Why an item cannot have come to that value; nil where it can.
  func fault(of key: String, ending value: Int?) -> String? {
    let all = writes.filter { $0.key == key && !$0.isVoid }
    let acknowledged = all.filter { $0.ended != nil && !$0.foundNothing }
    var candidates = all.filter { $0.value == value }
    if candidates.isEmpty {
      guard value == nil else { return "nobody wrote what it is now" }
      return acknowledged.isEmpty ? nil : "a write in \(SimulatedWorld.name(acknowledged[0].region)) is lost"
    }
    for candidate in candidates {
      guard let later = acknowledged.first(where: { isLater($0, than: candidate) }) else { return nil }
      candidates.removeFirst()
      if candidates.isEmpty { return "\(candidate) stays, though \(later) was acknowledged" }
    }
    return nil
  }
}

extension GlobalHistory.Write: CustomStringConvertible {
  var description: String {
    let what =
      (value.map { "a put of \($0) to \(key)" } ?? "a removal of \(key)")
      + (isVoid ? ", refused," : foundNothing ? ", which was not there," : "")
    let until = ended.map { " to \($0.at.nanoseconds / 1_000_000)" } ?? ", unknown,"
    return "\(what) in \(SimulatedWorld.name(region)) from \(begun.nanoseconds / 1_000_000)\(until) ms"
  }
}
