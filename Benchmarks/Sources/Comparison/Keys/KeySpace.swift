internal import Environment

/// Which keys a case of a comparison touches, and in which order: the same for every system.
enum KeySpace: Sendable, Equatable {
  /// Each as likely as another, drawn from a seed.
  case random(count: Int, seed: UInt64)
  /// Each once, in order.
  case each(count: Int)

  var count: Int {
    switch self {
    case .random(let count, _), .each(let count): count
    }
  }

  static let digits = 8

  /// The text of key `number`: always as long, so that every request is.
  static func key(_ number: Int) -> [UInt8] {
    var bytes = Array("key-".utf8) + [UInt8](repeating: UInt8(ascii: "0"), count: digits)
    var (rest, place) = (number, bytes.count - 1)
    while rest > 0 && place >= 4 {
      bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
      place -= 1
    }
    return bytes
  }
}

/// The keys of a ``KeySpace``, one after the other.
struct KeySequence: Sendable {
  private let space: KeySpace
  private var random: SeededRandom
  private var next = 0

  init(_ space: KeySpace) {
    self.space = space
    if case .random(_, let seed) = space { random = SeededRandom(seed: seed) } else { random = SeededRandom(seed: 0) }
  }

  mutating func nextKey() -> [UInt8] {
    switch space {
    case .random(let count, _): return KeySpace.key(Int(random.below(UInt64(count))))
    case .each(let count):
      defer { next += 1 }
      return KeySpace.key(next % count)
    }
  }
}
