import Environment
import Raft
import SimulatedDisk

@testable import Store

/// Entries that only turn queues, for tests that say what lies where.
extension StoreWorld {
  /// Ends an entry that changed the rows so.
  mutating func end(_ rows: Rows) {
    history.append(rows)
    store.advance(to: position(UInt64(history.count - 1)))
  }

  /// Puts rows behind all others of a strand, one an entry; each holds its number.
  mutating func append(_ strand: UInt8, _ numbers: ClosedRange<Int>, bytes: Int = 1_000) {
    for number in numbers {
      var rows = self.rows
      let value = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bytes)
      put(Self.queueKey(strand, number), value, &rows)
      end(rows)
    }
  }

  /// Removes those in front.
  mutating func trim(_ strand: UInt8, below number: Int) throws {
    var rows = self.rows
    try trim(strand, below: number, &rows)
    end(rows)
  }

  /// The numbers of the files of blocks that are there.
  var rowFiles: [Int] {
    let prefix = "\(store.path)-rows-"
    return (disk as! SimulatedDisk).paths.filter { $0.hasPrefix(prefix) }.map { Int($0.dropFirst(prefix.count))! }
      .sorted()
  }

  func rowFile(_ number: Int) -> String { "\(store.path)-rows-\(number)" }
}

extension AppendedPlace {
  static func testing(_ disk: SimulatedDisk) -> AppendedPlace {
    AppendedPlace(disk: disk, directory: "/node", path: "/node/rows.db", identity: 77)
  }
}

extension AppendedFile {
  /// A file of which only the number counts.
  static func numbered(_ number: UInt64) -> AppendedFile {
    guard let file = try? SimulatedDisk().open("/rows", create: true) else { fatalError("A new disk has no room.") }
    return AppendedFile(number: number, file)
  }
}

/// Whether `body` throws because the files are not what was written.
func isDamage(_ body: () throws -> Void) -> Bool {
  do {
    try body()
    return false
  } catch {
    return (error as? StoreError)?.isDamage == true
  }
}
