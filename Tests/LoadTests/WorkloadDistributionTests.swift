import Environment
import Foundation
import Testing

@testable import Load

@Suite struct WorkloadDistributionTests {
  /// Computed apart from this code, from the definition of the hash.
  @Test(arguments: [
    (0, 6_284_781_860_667_377_211), (1, 8_517_097_267_634_966_620), (2, 1_820_151_046_732_198_393),
    (999, 2_071_219_101_098_386_137),
  ])
  func keysAreHashedAsFowlerNollAndVoSay(number: Int, hash: UInt64) {
    #expect(KeyName.hash(UInt64(number)) == hash)
    var bytes: [UInt8] = []
    KeyName.append(number, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == "user\(hash)")
  }

  /// The end of each rank's part of the interval from 0 to 1, by Gray's formula solved for the point.
  private func ends(_ count: Int) -> [Double] {
    let theta = 0.99
    let zeta = (1...count).reduce(0) { $0 + 1 / pow(Double($1), theta) }
    let eta = (1 - pow(2 / Double(count), 1 - theta)) / (1 - (1 + pow(0.5, theta)) / zeta)
    return (0..<count).map { rank in
      switch rank {
      case 0: 1 / zeta
      case 1: (1 + pow(0.5, theta)) / zeta
      default: (pow(Double(rank + 1) / Double(count), 1 - theta) - 1 + eta) / eta
      }
    }
  }

  @Test func ranksHaveTheSharesOfGraysFormula() {
    let count = 1_000
    let ends = ends(count)
    let ranks = ZipfianRanks(count: count)
    var random = SeededRandom(seed: 1)
    let draws = 200_000
    var seen = Array(repeating: 0, count: count)
    for _ in 0..<draws { seen[ranks.next(&random)] += 1 }
    // Ranks together, so that each bin is expected often enough.
    var chiSquare = 0.0
    let bounds = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]
    for (low, high) in zip(bounds, bounds.dropFirst()) {
      let share = ends[high - 1] - (low == 0 ? 0 : ends[low - 1])
      let expected = share * Double(draws)
      let difference = Double(seen[low..<high].reduce(0, +)) - expected
      chiSquare += difference * difference / expected
    }
    // Nine degrees of freedom: more happens once in a thousand times, and this seed is always the same.
    #expect(chiSquare < 27.9, "\(chiSquare)")
  }

  /// The formula is an approximation: the first two ranks are exact, any other group of them within an eighth.
  @Test func ranksFollowZipf() {
    let count = 1_000
    let (ends, zeta) = (ends(count), ZipfianRanks.zeta(count))
    for (low, high) in [(0, 1), (1, 2), (2, 5), (5, 10), (10, 100), (100, 1_000)] {
      let share = ends[high - 1] - (low == 0 ? 0 : ends[low - 1])
      let exact = (low..<high).reduce(0) { $0 + 1 / pow(Double($1 + 1), 0.99) } / zeta
      #expect(abs(share / exact - 1) < (high <= 2 ? 1e-9 : 0.13), "\(low)..<\(high)")
    }
  }

  @Test func ranksThatGrewAreThoseOfTheWholeNumber() {
    var grown = ZipfianRanks(count: 10)
    grown.grow(to: 700)
    let whole = ZipfianRanks(count: 700)
    for point in stride(from: 0, to: 1, by: 0.001) { #expect(grown.rank(at: point) == whole.rank(at: point)) }
  }

  @Test func theLastPointIsTheLastRank() {
    for count in [1, 2, 3, 1_000] {
      #expect(ZipfianRanks(count: count).rank(at: 1 - 0x1p-53) == count - 1, "\(count)")
    }
  }

  /// A sum of so many terms by the Euler–Maclaurin formula, against the constant that the chooser uses.
  @Test func theSumOverTenBillionRanksIsThePublishedOne() {
    let (start, end) = (100_000.0, 10_000_000_001.0)
    let integral = (pow(end, 0.01) - pow(start, 0.01)) / 0.01
    let sum = ZipfianRanks.zeta(Int(start)) + integral + (pow(end, -0.99) - pow(start, -0.99)) / 2
    #expect(abs(sum - KeyChooser.rankZeta) < 1e-6, "\(sum)")
  }

  private func counts(_ settings: KeyValueSettings, draws: Int) -> [Int: Int] {
    let place = SourcePlace(seed: 1, thread: 0, threads: 1)
    var chooser = KeyChooser(settings, at: place, zeta: KeyChooser.zeta(for: settings))
    var random = SeededRandom(seed: 2)
    var counts: [Int: Int] = [:]
    for _ in 0..<draws { counts[chooser.next(&random), default: 0] += 1 }
    return counts
  }

  @Test func zipfianScattersItsRanksByTheirHash() {
    var settings = KeyValueSettings()
    settings.records = 1_000
    let counts = counts(settings, draws: 100_000)
    #expect(counts.keys.allSatisfy { (0..<1_000).contains($0) })
    // The first rank of ten billion has 1 of 26.47, the second about half of that.
    let (first, second) = (Int(KeyName.hash(0) % 1_000), Int(KeyName.hash(1) % 1_000))
    let order = counts.sorted { $0.value > $1.value }.map(\.key)
    #expect(Array(order.prefix(2)) == [first, second])
    #expect((3_700...4_000).contains(counts[first] ?? 0), "\(counts[first] ?? 0)")
  }

  @Test func latestPrefersTheNewest() {
    var settings = KeyValueSettings()
    settings.distribution = .latest
    let counts = counts(settings, draws: 100_000)
    let zeta = ZipfianRanks.zeta(1_000)
    #expect(counts.keys.allSatisfy { (0..<1_000).contains($0) })
    #expect(abs(Double(counts[999] ?? 0) / 100_000 - 1 / zeta) < 0.005)
    #expect((counts[999] ?? 0) > (counts[998] ?? 0) && (counts[998] ?? 0) > (counts[900] ?? 0))
  }

  @Test func uniformKeysAreAlike() {
    var settings = KeyValueSettings()
    settings.distribution = .uniform
    settings.records = 50
    let counts = counts(settings, draws: 100_000)
    let chiSquare = (0..<50).reduce(0.0) { $0 + pow(Double(counts[$1] ?? 0) - 2_000, 2) / 2_000 }
    // 49 degrees of freedom.
    #expect(chiSquare < 85.4, "\(chiSquare)")
  }

  @Test func fieldsAreOfTheirLengthAndDiffer() {
    var random = SeededRandom(seed: 1)
    var seen: Set<[UInt8]> = []
    for _ in 0..<1_000 {
      var bytes: [UInt8] = []
      FieldText.append(100, &random, to: &bytes)
      #expect(bytes.count == 100)
      seen.insert(bytes)
    }
    #expect(seen.count > 990)
    var long: [UInt8] = []
    FieldText.append(300_000, &random, to: &long)
    #expect(long.count == 300_000 && long.allSatisfy { (0x2D...0x7A).contains($0) })
  }
}
