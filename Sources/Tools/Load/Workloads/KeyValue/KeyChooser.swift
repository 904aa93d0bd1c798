public import Environment

/// Draws the numbers of records, and numbers new ones.
///
/// A thread knows the records of the beginning and those that it inserted itself; it draws an inserted one only when its
/// insertion is taken for answered (see ``SourcePlace/settledAfter``).
public struct KeyChooser: Sendable {
  private let distribution: KeyDistribution
  private let records: Int
  private let thread: Int
  private let threads: Int
  /// Over all numbers that the zipfian distribution scatters its ranks to.
  private let scattered: Int
  private var ranks: ZipfianRanks
  private var inserted = Settling()

  /// YCSB scatters the ranks of ten billion items over its records, however few these are, so that the same ones stay
  /// frequent when their number grows; the sum over them is published in its source.
  private static let rankCount = 10_000_000_001
  static let rankZeta = 26.469_028_201_783_02

  /// - Parameter zeta: what ``zeta(for:)`` gives.
  public init(_ settings: KeyValueSettings, at place: SourcePlace, zeta: Double?) {
    distribution = settings.distribution
    records = settings.records
    thread = place.thread
    threads = place.threads
    // As in YCSB, whose published files expect a tenth of their records to be inserted.
    scattered = records + (settings[share: .insert] > 0 ? records / 10 : 0)
    ranks =
      settings.distribution == .latest
      ? ZipfianRanks(count: records, zeta: zeta) : ZipfianRanks(count: Self.rankCount, zeta: Self.rankZeta)
  }

  /// A sum over all records, which takes a while where they are many; nil where none is needed.
  public static func zeta(for settings: KeyValueSettings) -> Double? {
    settings.distribution == .latest ? ZipfianRanks.zeta(settings.records) : nil
  }

  /// Told once before each operation.
  mutating func beginOperation() {
    if inserted.step(), distribution == .latest { ranks.grow(to: records + inserted.settled) }
  }

  /// A record that is there.
  public mutating func next(_ random: inout SeededRandom) -> Int {
    switch distribution {
    case .uniform: return Int(random.below(UInt64(records)))
    case .zipfian:
      while true {
        let number = Int(KeyName.hash(UInt64(ranks.next(&random))) % UInt64(scattered))
        if number < records || isInserted(number) { return number }
      }
    case .latest: return number(at: records + inserted.settled - 1 - ranks.next(&random))
    }
  }

  /// The number of a new record, which no other thread takes.
  public mutating func insert() -> Int {
    defer { inserted.add() }
    return number(at: records + inserted.count)
  }

  /// The thread's own sequence: the records of the beginning, then those that it inserts.
  private func number(at index: Int) -> Int {
    index < records ? index : records + (index - records) * threads + thread
  }

  private func isInserted(_ number: Int) -> Bool {
    let (turn, owner) = (number - records).quotientAndRemainder(dividingBy: threads)
    return owner == thread && turn < inserted.settled
  }
}

/// How many of the things counted are at least ``SourcePlace/settledAfter`` operations old.
private struct Settling: Sendable {
  private(set) var count = 0
  private(set) var settled = 0
  private var next = 0
  private var operations = 0

  mutating func add() { count += 1 }

  /// One operation more; true where more may have settled. Looks only now and then, so that no ages need to be kept:
  /// what was there at the look before is old enough.
  mutating func step() -> Bool {
    operations += 1
    guard operations == SourcePlace.settledAfter else { return false }
    operations = 0
    settled = next
    next = count
    return true
  }
}
