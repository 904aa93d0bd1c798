import History
import Testing

@Suite struct BruteForceTests {
  /// How many histories of each verdict a run saw.
  private struct Counts {
    var lawful = 0
    var unlawful = 0
  }

  private func compare(seed: UInt64, count: Int, operations: Int, unknownPercent: UInt64) throws -> Counts {
    var random = RandomHistory(seed: seed)
    var counts = Counts()
    for _ in 0..<count {
      let history = random.next(count: operations, unknownPercent: unknownPercent)
      let verdict = try LinearizabilityChecker().check(history)
      var bruteForce = BruteForce(history)
      let isLawful = bruteForce.isLinearizable()
      if isLawful { counts.lawful += 1 } else { counts.unlawful += 1 }
      guard verdict.isLinearizable != isLawful else { continue }
      var writer = HistoryWriter()
      for entry in history { writer.append(entry) }
      Issue.record("brute force: \(isLawful), but \(verdict)\n\(String(decoding: writer.bytes, as: UTF8.self))")
      break
    }
    return counts
  }

  @Test(arguments: UInt64(1)...8) func theCheckerAgreesWithAllOrdersOfSixOperations(seed: UInt64) throws {
    let counts = try compare(seed: seed, count: 4_000, operations: 6, unknownPercent: 20 + seed % 3 * 15)
    #expect(counts.lawful > 600 && counts.unlawful > 600, "\(counts)")
  }

  @Test(arguments: UInt64(1)...4) func theCheckerAgreesWhereMostOutcomesAreUnknown(seed: UInt64) throws {
    let counts = try compare(seed: seed, count: 800, operations: 8, unknownPercent: 60)
    #expect(counts.lawful > 100 && counts.unlawful > 30, "\(counts)")
  }

  @Test(arguments: UInt64(1)...4) func theCheckerAgreesWithAllOrdersOfTwelveOperations(seed: UInt64) throws {
    let counts = try compare(seed: seed, count: 800, operations: 12, unknownPercent: 25 + seed * 5)
    #expect(counts.lawful > 100 && counts.unlawful > 100, "\(counts)")
  }
}
