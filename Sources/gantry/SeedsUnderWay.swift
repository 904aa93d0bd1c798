internal import Glibc

/// Says which seeds were under way when the process traps: a bug that calls `fatalError` ends every run.
///
/// Only what a signal handler may use: a fixed buffer and `write`.
enum SeedsUnderWay {
  private static let slots = 64
  /// A seed for each worker, 0 for none. Workers write their own slot, the handler reads.
  nonisolated(unsafe) private static let seeds: UnsafeMutablePointer<UInt64> = {
    let seeds = UnsafeMutablePointer<UInt64>.allocate(capacity: slots)
    seeds.initialize(repeating: 0, count: slots)
    return seeds
  }()

  static func watch() {
    _ = seeds
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS] {
      signal(number) { number in
        SeedsUnderWay.tell()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  static func note(_ seed: UInt64, worker: Int) { seeds[worker % slots] = seed }

  private static func tell() {
    for slot in 0..<slots where seeds[slot] != 0 {
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { text in
        var place = 0
        for byte in StaticString("\ngantry: a trap, with this seed under way: ").utf8 {
          text[place] = byte
          place += 1
        }
        var divisor: UInt64 = 1
        while seeds[slot] / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
          text[place] = UInt8(ascii: "0") + UInt8(seeds[slot] / divisor % 10)
          place += 1
          divisor /= 10
        }
        _ = write(2, text.baseAddress, place)
      }
    }
    _ = write(2, "\n", 1)
  }
}

extension StaticString {
  fileprivate var utf8: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
