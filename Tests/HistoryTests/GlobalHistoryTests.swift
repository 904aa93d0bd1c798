import History
import Testing

/// Which writes an item of a global table may end with.
@Suite struct GlobalHistoryTests {
  private var history = GlobalHistory(regions: ["a", "b"])

  private func at(_ ms: UInt64) -> UInt64 { ms * 1_000_000 }

  /// A write from one time to another; unknown where it has no end. Clocks are right.
  private mutating func write(_ value: Int?, in region: Int, _ from: UInt64, to: UInt64?) {
    let place = history.begin("k", value, in: region, at: at(from), wallMs: from)
    if let to { history.succeeded(place, at: at(to), wallMs: to) }
  }

  private func ends(with value: Int?) -> Bool { history.fault(of: "k", ending: value) == nil }

  @Test func whatNobodyWroteIsAFault() {
    #expect(ends(with: nil))
    #expect(!ends(with: 1))
  }

  @Test mutating func aLaterWriteOfTheSameRegionStays() {
    write(1, in: 0, 0, to: 5)
    write(2, in: 0, 6, to: 9)
    #expect(ends(with: 2) && !ends(with: 1))
    write(nil, in: 0, 10, to: 12)
    #expect(ends(with: nil) && !ends(with: 2))
  }

  @Test mutating func anAcknowledgedWriteDoesNotVanish() {
    write(1, in: 0, 0, to: 5)
    #expect(!ends(with: nil))
  }

  @Test mutating func ofWritesAtOneTimeEitherMayStay() {
    write(1, in: 0, 0, to: 5)
    write(2, in: 1, 3, to: 9)
    #expect(ends(with: 1) && ends(with: 2))
  }

  @Test mutating func clocksDecideBetweenRegionsWhereTheyCan() {
    write(1, in: 0, 0, to: 5)
    write(2, in: 1, 6, to: 9)
    #expect(ends(with: 2) && !ends(with: 1))
    let place = history.begin("k", 3, in: 0, at: at(20), wallMs: 2)
    history.succeeded(place, at: at(25), wallMs: 50)
    #expect(ends(with: 2) && ends(with: 3), "A clock that is behind may give it an older version.")
  }

  @Test mutating func whatWasReadInARegionIsOlderThanWhatIsWrittenThere() {
    let first = history.begin("k", 1, in: 0, at: at(0), wallMs: 100)
    history.succeeded(first, at: at(5), wallMs: 100)
    let second = history.begin("k", 2, in: 1, at: at(10), wallMs: 0)
    history.succeeded(second, at: at(15), wallMs: 100)
    #expect(ends(with: 1))
    history.saw(1, of: "k", in: 1, at: at(8))
    #expect(!ends(with: 1) && ends(with: 2))
  }

  /// It removes what comes from elsewhere afterwards and is older, or does not.
  @Test mutating func aRemovalThatFoundNothingMayCountOrNot() {
    write(1, in: 0, 0, to: 5)
    let place = history.begin("k", nil, in: 1, at: at(6), wallMs: 6)
    history.foundNothing(place)
    history.succeeded(place, at: at(9), wallMs: 9)
    #expect(ends(with: 1) && ends(with: nil))
  }

  @Test mutating func aFailedWriteIsNone() {
    write(1, in: 0, 0, to: 5)
    history.failed(history.begin("k", 2, in: 0, at: at(6), wallMs: 6))
    #expect(ends(with: 1) && !ends(with: 2))
    #expect(history.acknowledged(in: 0) == 1 && history.acknowledged(in: 1) == 0)
  }

  @Test mutating func anUnknownWriteMayComeLate() {
    write(1, in: 0, 0, to: nil)
    write(2, in: 0, 6, to: 9)
    #expect(ends(with: 1) && ends(with: 2))
  }
}
