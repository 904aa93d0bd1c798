/// A set of numbers that is asked for ranges. Insert all of them, then sort.
struct SortedNumbers {
  private var numbers: [Int64] = []

  mutating func insert(_ number: Int64) { numbers.append(number) }

  mutating func sort() { numbers.sort() }

  /// Complexity: O(log n).
  func has(in range: ClosedRange<Int64>) -> Bool {
    var (low, high) = (0, numbers.count)
    while low < high {
      let middle = (low + high) / 2
      if numbers[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < numbers.count && numbers[low] <= range.upperBound
  }
}

/// How far additions, each used or not, can move a number: saturated where it would leave 64 bits.
struct Additions {
  private var lowest: Int64 = 0
  private var highest: Int64 = 0

  mutating func insert(_ amount: Int64) {
    if amount < 0 { lowest = Self.sum(lowest, amount) } else { highest = Self.sum(highest, amount) }
  }

  /// What they can make of `number`, at most.
  func range(from number: Int64) -> ClosedRange<Int64> { Self.sum(number, lowest)...Self.sum(number, highest) }

  /// The numbers of which they can make `number`, at most.
  func range(to number: Int64) -> ClosedRange<Int64> {
    Self.sum(number, highest == .min ? .max : -highest)...Self.sum(number, lowest == .min ? .max : -lowest)
  }

  private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? (right < 0 ? .min : .max) : sum
  }
}
