import Catalog
import Items
import Messages

/// A table that a shard serves, with what follows from its settings.
final class ServedTable {
  let settings: TableSettings
  let locals: [IndexPlan]
  let globals: [IndexPlan]
  /// No reader wants to know what becomes of its items: a write is a write, and costs nothing more.
  let isPlain: Bool
  /// Whether changes of its items go into its feed.
  let hasFeed: Bool
  /// Nil where every region holds everything.
  let residency: ResidencyPlan?
  var feed: FeedState
  /// Of items with versions, since the replica was opened; what was there before counts as one.
  var removals: UInt64 = 1

  init(_ settings: TableSettings, feed: FeedState) {
    self.settings = settings
    self.feed = feed
    residency = ResidencyPlan(settings)
    let plans = settings.indexes.map { IndexPlan($0, of: settings) }
    locals = plans.filter { $0.layout.isLocal }
    globals = plans.filter { !$0.layout.isLocal }
    isPlain = plans.isEmpty && settings.stream == nil && settings.replication == nil
    hasFeed = !globals.isEmpty || settings.stream != nil || settings.replication != nil
  }

  /// Whether its feed has records, or is going to have some.
  var keepsFeed: Bool { hasFeed || !feed.streams.isEmpty }

  /// Whether versions lie beside its items; they stay when the replicas in other regions have gone.
  var hasVersions: Bool { settings.replication != nil || feed.clock > 0 }

  /// No reader needs the records up to here. Never goes back.
  var spare: UInt64 {
    var spare = feed.end
    if !globals.isEmpty { spare = min(spare, feed.cursor) }
    for region in feed.regions { spare = min(spare, region.cursor) }
    if let first = feed.streams.first { spare = min(spare, max(feed.expired, first.since)) }
    return spare
  }

  func plan(of index: TableID) -> IndexPlan? {
    locals.first { $0.id == index } ?? globals.first { $0.id == index }
  }

  /// Where streams are the only readers, the images go that their view leaves out; that there was an item stays.
  func strip(_ record: inout ChangeRecord) {
    guard globals.isEmpty, settings.replication == nil, let view = settings.stream?.view else { return }
    if !view.showsOld, record.old != nil { record.old = EncodedItem(trusted: []) }
    if !view.showsNew, record.new != nil { record.new = EncodedItem(trusted: []) }
  }
}
