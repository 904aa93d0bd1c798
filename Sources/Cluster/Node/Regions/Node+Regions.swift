import Catalog
public import Environment
import Journal
public import Messages
import Raft
import Replicas
import Shards

/// The node's part in replication between regions.
extension Node {
  /// As ``feedIndexes(now:)``, for other regions. True where that left something for the replicas to do in another turn.
  func feedRegions(now: Instant) -> Bool {
    guard !configuration.regions.isEmpty else { return false }
    let bytesMax = min(RegionLane.bytesMax, configuration.journal.segmentBytes / 8)
    for message in regions.next(replicas, bytesMax: bytesMax, now: now) {
      outgoingRegional.append((message.region, message.node, message.request))
    }
    for name in regions.takeWithheld() {
      notice(
        nil,
        "Changes of the table \(name) wait: its residency rules in this node's settings are not those that its shard has, "
          + "or they hash and there is no key.")
    }
    return regions.hasProposed
  }

  /// Which changes stay here for now; local writes go on, and their changes wait in the feeds. Replaces what was said
  /// before.
  public func pauseReplication(_ pauses: [ReplicationPause]) { regions.pauses = pauses }

  /// Answers of a node of another region to requests of this one.
  public func received(_ responses: [Response], from node: NodeID, of region: String, now: Instant) {
    for response in responses {
      if RegionKeeper.isOwn(response.id) {
        regions.answered(
          response.id, response.answer, by: node, of: region, now: now, wallTimeMs: wallTimeMs(at: now))
        hasFeedNews = true
        continue
      }
      regions.learnMetadataLeader(response.answer, by: node, of: region)
      reconciler.answered(response.id, from: region, response.answer, now: now)
    }
    reconcile(now: now)
  }

  /// Times further ahead than this are not taken in: one broken clock must not move all others.
  static let aheadMsMax: UInt64 = 60_000

  /// Why changes from another region cannot be taken now; nil where they can.
  func refusal(of batch: RegionBatch) -> Answer? {
    guard let wallTimeMs else { return nil }
    let latest = batch.changes.map(\.version.ms).max() ?? 0
    guard latest > wallTimeMs + Self.aheadMsMax else { return nil }
    if clockNoticedAt.map({ time.since($0) >= .seconds(60) }) ?? true {
      clockNoticedAt = time
      notice(
        nil,
        "Changes from the region \(batch.source.region) are \((latest - wallTimeMs) / 1_000) s ahead of this node's "
          + "clock: they wait until it has caught up. Set the clocks.")
    }
    return .refused(.overloaded)
  }

  /// A region that said nothing for so long.
  private static let awayAfter = Span.seconds(5)

  /// Why the replica that an alteration removes has to stay, by what is known here of its region; nil where nothing says
  /// so. The replica of a region that is away can be removed: what it was last seen to be may never change.
  func removalFault(_ command: [UInt8], _ metadata: Replica) -> Answer? {
    guard !configuration.regions.isEmpty, metadata.isServing, let catalog = metadata.catalog?.catalog,
      case .alterTable(let alteration)? = try? CatalogCommand(command), let table = catalog.table(alteration.id)
    else { return nil }
    for region in table.removedRegions(by: alteration.definition) {
      guard let other = regions.others.first(where: { $0.name == region }),
        let heardAt = other.heardAt, time.since(heardAt) <= Self.awayAfter,
        let fault = other.catalog?.table(uniqueID: table.uniqueID)?.removalFault(atMs: wallTimeMs)
      else { continue }
      // It may be known no longer there.
      regions.lookAgain(at: region)
      return .catalogOutcome(fault.encode())
    }
    return nil
  }

  /// The wall clock between two ticks.
  private func wallTimeMs(at now: Instant) -> UInt64? {
    wallTimeMs.map { $0 + now.since(tickedAt).nanoseconds / 1_000_000 }
  }

  /// How often another region was so far behind that it is brought up anew.
  public var regionRefills: UInt64 { regions.refills }

  /// Traces of removed items that this node's leaders let their shards forget.
  public var tracesForgotten: UInt64 { regions.tracesForgotten }

  /// How far each other region is behind what this node leads, by table.
  public var regionLags: [RegionLag] { regions.lags(replicas, wallTimeMs: wallTimeMs) }

  /// How long changes took since the last call.
  public func takeRegionDelays() -> RegionDelays {
    defer { regions.delays = RegionDelays() }
    return regions.delays
  }

  /// What people call a table that has replicas; its number where this node knows neither its own region's catalog nor
  /// another one's.
  public func name(ofReplicated table: TableID) -> String {
    if let name = catalog?.table(table)?.name { return name }
    let unique = replicas.lazy.compactMap { $0.shard?.settings(of: table)?.replication?.table }.first
    let known = unique.flatMap { unique in regions.others.lazy.compactMap { $0.catalog?.table(uniqueID: unique) }.first
    }
    return known?.name ?? "table \(table.rawValue)"
  }

  /// Changes that this node's leaders brought to other regions, and those that still wait.
  public var regionChanges: (carried: UInt64, waiting: Int) { (regions.changesCarried, regions.waitingCount) }
}
