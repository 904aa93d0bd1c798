import History
import Testing

@testable import Drills

struct SilenceTests {
  private func attempt(
    _ key: String, _ invoked: Int64, _ returned: Int64?, _ outcome: HistoryOutcome = .ok
  ) -> HistoryEntry {
    HistoryEntry(client: "c", .delete, keys: [key], invoked: invoked, returned: returned, outcome: outcome)
  }

  private func longest(_ history: HistoryEntry...) -> Silence? { Silence.longest(in: history) }

  @Test func aKeyIsSilentFromTheFirstAttemptThatWaitsToTheNextGoodAnswer() {
    let silence = longest(
      attempt("a", 0, 2), attempt("a", 10, 40, .fail), attempt("a", 45, 90, .unknown), attempt("a", 95, 100),
      attempt("b", 0, 100), attempt("b", 20, 30))
    #expect(silence == Silence(key: "a", from: 10, to: 100, isOpen: false))
  }

  @Test func aSlowAnswerAmongQuickOnesIsNoSilence() {
    let silence = longest(attempt("a", 0, 100), attempt("a", 1, 3), attempt("a", 50, 55))
    #expect(silence == Silence(key: "a", from: 50, to: 55, isOpen: false))
  }

  @Test func aKeyThatNobodyAskedForIsNotSilent() {
    #expect(longest(attempt("a", 0, 2), attempt("a", 1_000, 1_001))?.milliseconds == 2e-6)
  }

  @Test func withoutALaterAnswerTheSilenceLastsToTheEnd() {
    let silence = longest(attempt("a", 0, 2), attempt("a", 10, 40, .unknown), attempt("b", 30, 70))
    #expect(silence == Silence(key: "a", from: 10, to: 70, isOpen: true))
  }

  @Test func anEmptyHistoryHasNone() { #expect(Silence.longest(in: []) == nil) }
}
