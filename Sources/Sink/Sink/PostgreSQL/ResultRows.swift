internal import CPostgreSQL

/// What a statement answered, in text form. Lives on its connection's thread.
final class ResultRows {
  private let functions: gantry_libpq
  private let result: OpaquePointer
  let count: Int

  init(_ functions: gantry_libpq, _ result: OpaquePointer) {
    self.functions = functions
    self.result = result
    count = Int(functions.ntuples(result))
  }

  deinit { functions.clear(result) }

  /// How many rows a command changed.
  var affected: Int { Int(String(cString: functions.cmdTuples(result)!)) ?? 0 }

  func isNull(_ row: Int, _ column: Int) -> Bool { functions.getisnull(result, Int32(row), Int32(column)) == 1 }

  func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
    guard !isNull(row, column) else { return nil }
    let length = Int(functions.getlength(result, Int32(row), Int32(column)))
    let start = UnsafeRawPointer(functions.getvalue(result, Int32(row), Int32(column))!)
    return Array(UnsafeRawBufferPointer(start: start, count: length))
  }

  func text(_ row: Int, _ column: Int) -> String? { bytes(row, column).map { String(decoding: $0, as: UTF8.self) } }

  func integer(_ row: Int, _ column: Int) -> Int? { text(row, column).flatMap { Int($0) } }

  func flag(_ row: Int, _ column: Int) -> Bool { text(row, column) == "t" }

  /// A `bytea` in its form `\x…`.
  func binary(_ row: Int, _ column: Int) -> [UInt8]? { bytes(row, column).map { Hexadecimal.decode($0.dropFirst(2)) } }
}

enum Hexadecimal {
  private static let digits = Array("0123456789abcdef".utf8)

  static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }

  /// Digits that the server or ``encode(_:)`` wrote.
  static func decode(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 2)
    var high: UInt8?
    for digit in text {
      let value = digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : (digit | 0x20) - UInt8(ascii: "a") + 10
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }
}
