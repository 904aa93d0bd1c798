import Catalog
import Messages

/// A table that a shard serves, with what follows from its settings.
final class ServedTable {
  let settings: TableSettings
  let locals: [IndexPlan]
  let globals: [IndexPlan]
  /// No reader wants to know what becomes of its items: a write is a write, and costs nothing more.
  let isPlain: Bool
  /// Whether changes of its items go into its feed.
  var hasFeed: Bool { !globals.isEmpty }
  var feed: FeedState
  /// The newest record of the feed, 0 where there was none.
  var feedEnd: UInt64 = 0

  init(_ settings: TableSettings, feed: FeedState) {
    self.settings = settings
    self.feed = feed
    let plans = settings.indexes.map { IndexPlan($0, of: settings) }
    locals = plans.filter { $0.layout.isLocal }
    globals = plans.filter { !$0.layout.isLocal }
    isPlain = plans.isEmpty
  }

  func plan(of index: TableID) -> IndexPlan? {
    locals.first { $0.id == index } ?? globals.first { $0.id == index }
  }
}
