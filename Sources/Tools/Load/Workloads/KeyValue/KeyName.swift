/// The keys of records: `user` and the record's number, hashed so that neighbours lie far apart, as in YCSB.
public enum KeyName {
  /// Appends the bytes of a key; they need no escapes in JSON.
  public static func append(_ number: Int, to bytes: inout [UInt8]) {
    bytes.append("user")
    bytes.append(decimal: hash(UInt64(number)))
  }

  /// The 64-bit hash of Fowler, Noll and Vo (variant 1a) over the eight bytes of `value`, lowest first, without its sign,
  /// as YCSB takes it.
  public static func hash(_ value: UInt64) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var rest = value
    for _ in 0..<8 {
      hash = (hash ^ (rest & 0xFF)) &* 0x100_0000_01B3
      rest >>= 8
    }
    return Int64(bitPattern: hash).magnitude
  }
}
