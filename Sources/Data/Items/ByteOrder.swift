/// The order of DynamoDB's strings and binaries: unsigned bytes, a prefix before what it begins.
public enum ByteOrder {
  /// Negative, zero or positive as `left` lies before, at or after `right`.
  public static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in compare(left, right) }
    }
  }

  @inline(__always) public static func compare(
    _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
  ) -> Int {
    let shared = min(left.count, right.count)
    var index = 0
    while index < shared {
      let difference = Int(left[index]) - Int(right[index])
      if difference != 0 { return difference }
      index += 1
    }
    return left.count - right.count
  }

  @inline(__always) public static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    compare(left, right) < 0
  }

  /// `values` in order, or nil where they are empty or hold one twice.
  static func sortedUnique(_ values: [[UInt8]]) -> [[UInt8]]? {
    let sorted = values.sorted(by: precedes)
    guard !sorted.isEmpty, !zip(sorted, sorted.dropFirst()).contains(where: ==) else { return nil }
    return sorted
  }
}
