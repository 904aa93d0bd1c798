internal import History

/// The longest time in which one key gave no answer to anybody, by a load's history.
///
/// An attempt waits from its invocation until some attempt at the same key, itself or another one, returns well; the
/// longest such wait is the silence. So a key that nobody asked for is not silent, and one slow answer among others
/// that came is none.
struct Silence: Sendable, Equatable {
  var key: String
  /// Nanoseconds on the history's clock.
  var from: Int64
  var to: Int64
  /// No answer came until the end of the history.
  var isOpen: Bool

  var milliseconds: Double { Double(to - from) / 1e6 }

  /// Nil for a history without attempts.
  static func longest(in history: [HistoryEntry]) -> Silence? {
    guard let end = history.map({ $0.returned ?? $0.invoked }).max() else { return nil }
    var keys: [String: [HistoryEntry]] = [:]
    for entry in history {
      for key in entry.keys { keys[key, default: []].append(entry) }
    }
    var longest: Silence?
    for (key, entries) in keys.sorted(by: { $0.key < $1.key }) {
      guard let silence = longestOf(key, entries, end: end) else { continue }
      if silence.to - silence.from > longest.map({ $0.to - $0.from }) ?? -1 { longest = silence }
    }
    return longest
  }

  private static func longestOf(_ key: String, _ entries: [HistoryEntry], end: Int64) -> Silence? {
    let answers = entries.filter { $0.outcome == .ok }.compactMap(\.returned).sorted()
    var longest: Silence?
    var next = 0
    for invoked in entries.map(\.invoked).sorted() {
      while next < answers.count, answers[next] < invoked { next += 1 }
      let answer = next < answers.count ? answers[next] : nil
      let silence = Silence(key: key, from: invoked, to: answer ?? max(end, invoked), isOpen: answer == nil)
      if silence.to - silence.from > longest.map({ $0.to - $0.from }) ?? -1 { longest = silence }
    }
    return longest
  }
}
