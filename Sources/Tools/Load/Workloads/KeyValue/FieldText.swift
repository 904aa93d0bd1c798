public import Environment

/// Random letters and digits, cut out of one block: what a field holds costs a copy, and no two are likely to be alike.
public enum FieldText {
  private static let blockBytes = 1 << 18
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private static let block: [UInt8] = {
    var random = SeededRandom(seed: 0x6669_656C_6473)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(blockBytes + 10)
    while bytes.count < blockBytes {
      var bits = random.next()
      for _ in 0..<10 {
        bytes.append(alphabet[Int(bits & 63)])
        bits >>= 6
      }
    }
    return Array(bytes.prefix(blockBytes))
  }()

  /// Appends `count` bytes; they need no escapes in JSON.
  public static func append(_ count: Int, _ random: inout SeededRandom, to bytes: inout [UInt8]) {
    var rest = count
    while rest > 0 {
      let part = min(rest, blockBytes / 2)
      let start = Int(random.below(UInt64(blockBytes - part + 1)))
      block.withUnsafeBufferPointer {
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: $0[start..<start + part]))
      }
      rest -= part
    }
  }
}
