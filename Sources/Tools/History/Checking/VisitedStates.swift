/// The configurations that a search has been in (Lowe's memoisation): which closed calls took effect, the state, and which
/// open calls were used.
///
/// A configuration is covered by one with the same closed calls and state that has used fewer open calls: whatever
/// follows the first can follow the second.
struct VisitedStates<State: Hashable> {
  private struct Key: Hashable {
    var calls: CallSetHash
    var state: State
  }

  /// The words of a set of open calls.
  private let width: Int
  /// The last set noted for a key, as a place in `earlier`.
  private var last: [Key: Int32] = [:]
  private var earlier: [Int32] = []
  private var words: [UInt64] = []

  init(openCalls: Int) { width = (openCalls + 63) / 64 }

  /// Notes a configuration; false where one that covers it has been noted before.
  mutating func insert(_ calls: CallSetHash, _ state: State, used: [UInt64]) -> Bool {
    let key = Key(calls: calls, state: state)
    let newest = last[key]
    var place = newest ?? -1
    while place >= 0 {
      if covers(Int(place), used) { return false }
      place = earlier[Int(place)]
    }
    last[key] = Int32(earlier.count)
    earlier.append(newest ?? -1)
    words += used
    return true
  }

  private func covers(_ place: Int, _ used: [UInt64]) -> Bool {
    for word in 0..<width where words[place * width + word] & ~used[word] != 0 { return false }
    return true
  }
}

/// A hash of a set of calls, kept up to date call by call. Of 128 bits: two sets of one hash could hide an order that
/// explains a history, and billions of sets do not bring that within reach.
struct CallSetHash: Hashable {
  private var high: UInt64 = 0
  private var low: UInt64 = 0

  /// Adds a call, or takes it away again.
  mutating func toggle(_ call: Int) {
    high ^= Self.mix(UInt64(call) &* 2 &+ 1)
    low ^= Self.mix(UInt64(call) &* 2 &+ 0x5851_F42D_4C95_7F2E)
  }

  /// The finaliser of SplitMix64.
  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
