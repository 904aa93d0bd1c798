/// How long a shard's reader waits before it looks again: not at all behind a full page, a fixed time while records
/// come, then longer and longer.
struct PollPace: Sendable {
  static let pageRecordsMax = 1_000

  /// Between looks while records come.
  var activeMs = 50
  var idleMsMax = 500
  /// Looks without records before the wait grows.
  var patience = 20

  private var empty = 0

  init() {}

  /// Amazon allows five looks a second at a shard, so that fewer leave room for others.
  static let amazon: PollPace = {
    var pace = PollPace()
    pace.activeMs = 250
    pace.idleMsMax = 1_000
    pace.patience = 8
    return pace
  }()

  /// - Parameter records: how many the last look brought.
  mutating func waitMs(after records: Int) -> Int {
    guard records == 0 else {
      empty = 0
      return records >= Self.pageRecordsMax / 4 ? 0 : activeMs
    }
    empty += 1
    guard empty > patience else { return activeMs }
    return min(idleMsMax, activeMs << min(empty - patience, 8))
  }
}
