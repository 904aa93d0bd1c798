import Catalog
import Environment
import Messages
import Raft
import Replicas
import Shards

/// What a node does for other regions: carries the changes of the shards that it leads there, and first what their tables
/// held before. It begins anew with each term; what must stay is in the shards' state.
struct RegionKeeper {
  private struct Led {
    var senders: [RegionSender] = []
    /// What was to be copied when the last slice was proposed: no other one before it shows.
    var copying: (slice: RegionCopy, state: FeedState.Filling)?
    var copiedAt = Instant.zero
  }

  private var led = LedShards<Led>()
  private(set) var others: [OtherRegion]
  private var nextRequest: UInt64
  /// Changes arrived since the last look: more may be sent.
  private var hasNews = false
  /// Entries were proposed at the last look.
  private(set) var hasProposed = false
  /// What stays here until somebody resumes it.
  var pauses: [ReplicationPause] = []
  /// Changes that arrived in other regions.
  private(set) var changesCarried: UInt64 = 0
  private var traces = TraceKeeper()
  private let traceInterval: Span
  /// Traces of removed items that went.
  var tracesForgotten: UInt64 { traces.forgotten }
  /// How long they took.
  var delays = RegionDelays()

  /// Requests to other regions have numbers of their own.
  private static let requestBit: UInt64 = 1 << 61
  static func isOwn(_ request: UInt64) -> Bool { request >> 61 == 1 }

  private let feedBytesMax: UInt64
  private var boundLookedAt = Instant.zero
  /// How often a region was too far behind.
  private(set) var refills: UInt64 = 0
  private var tracesTickedAt = Instant.zero
  private static let tracesInterval = Span.milliseconds(20)
  private static let copyPause = Span.milliseconds(4)
  private static let copyPatience = Span.seconds(1)
  /// Nothing more is copied into a feed while so much of it waits.
  private static let copyWaitingMax = 1_024

  struct Outgoing {
    var region: String
    var node: NodeID
    var request: Request
  }

  /// What the node's own settings say of residency.
  private let residencies: [TableResidency]
  private let canHash: Bool
  /// Tables of which nothing leaves, because the shard has other rules than the settings.
  private var withheld: [String] = []
  private var newlyWithheld: [String] = []

  init(_ configuration: NodeConfiguration, firstRequest: UInt64) {
    others = configuration.regions.map { OtherRegion($0) }
    residencies = configuration.residencies
    feedBytesMax = configuration.regionFeedBytesMax
    canHash = configuration.residencyHash != nil
    traceInterval = configuration.traceInterval
    nextRequest = firstRequest
  }

  /// Tables of which changes wait for rules, each told once.
  mutating func takeWithheld() -> [String] {
    defer { newlyWithheld = [] }
    return newlyWithheld
  }

  /// Nothing leaves by other rules than those in the settings: the shard may not have heard of them yet.
  private mutating func mayLeave(_ name: String, _ replication: ReplicationSettings) -> Bool {
    let wanted = residencies.first { $0.table == name }?.residency
    if wanted == replication.residency, canHash || wanted?.rules.contains(where: \.hashes) != true {
      withheld.removeAll { $0 == name }
      return true
    }
    if !withheld.contains(name) {
      withheld.append(name)
      newlyWithheld.append(name)
    }
    return false
  }

  var isIdle: Bool { led.isEmpty }

  /// Looks at every led shard that has tables with replicas.
  mutating func next(_ replicas: [Replica], bytesMax: Int, now: Instant) -> [Outgoing] {
    hasNews = false
    hasProposed = false
    led.keep(replicas) { $0.shard?.replicatedTables.isEmpty == false }
    var outgoing: [Outgoing] = []
    for replica in replicas {
      guard let shard = replica.shard, !shard.replicatedTables.isEmpty, replica.isServing else { continue }
      let place = led.place(of: replica, new: Led())
      carry(place, replica, shard, bytesMax: bytesMax, now, &outgoing)
    }
    if !led.isEmpty { askForCatalogs(now, &outgoing) }
    forgetTraces(replicas, now, &outgoing)
    refill(replicas, now: now)
    return outgoing
  }

  /// Regions that are too far behind get what the tables hold instead of all that they missed. Looked at once a second.
  private mutating func refill(_ replicas: [Replica], now: Instant) {
    guard now.since(boundLookedAt) >= .seconds(1) else { return }
    boundLookedAt = now
    for replica in replicas {
      guard let shard = replica.shard, !shard.replicatedTables.isEmpty, replica.isServing else { continue }
      for table in shard.replicatedTables {
        for region in shard.feed(of: table)?.regions ?? [] {
          guard let waiting = try? shard.waiting(in: table, after: region.cursor), waiting.bytes > feedBytesMax,
            replica.propose(.refillRegion(table, region.name))
          else { continue }
          Probes.hit(.regionIsRefilled)
          hasProposed = true
          refills += 1
        }
      }
    }
  }

  private mutating func forgetTraces(_ replicas: [Replica], _ now: Instant, _ outgoing: inout [Outgoing]) {
    guard now.since(tracesTickedAt) >= Self.tracesInterval else { return }
    tracesTickedAt = now
    var (others, keeper) = (self.others, traces)
    var asked: [Outgoing] = []
    let first = nextRequest
    let surroundings = TraceKeeper.Surroundings(
      rest: traceInterval,
      place: { region, table in
        guard let other = others.firstIndex(where: { $0.name == region }), others[other].readsNews else { return nil }
        return others[other].place(of: table)
      },
      ask: { region, shard, operation in
        let request = (first + UInt64(asked.count)) | Self.requestBit
        let node = others.firstIndex { $0.name == region }.map { others[$0].likelyLeader(of: shard) }
        asked.append(
          Outgoing(
            region: region, node: node ?? NodeID(0), request: Request(id: request, shard: shard, operation: operation)))
        return request
      })
    if keeper.tick(replicas, surroundings, now: now) { hasProposed = true }
    nextRequest += UInt64(asked.count)
    (self.others, traces) = (others, keeper)
    outgoing += asked
  }

  private mutating func askForCatalogs(_ now: Instant, _ outgoing: inout [Outgoing]) {
    for other in others.indices where others[other].isDue(now: now) {
      let request = takeRequest()
      others[other].ask(request, now: now)
      let read = Operation.catalogRead(version: others[other].catalog?.version ?? 0)
      outgoing.append(
        Outgoing(
          region: others[other].name, node: others[other].likelyLeader(of: .metadata),
          request: Request(id: request, shard: .metadata, operation: read)))
    }
  }

  private mutating func takeRequest() -> UInt64 {
    defer { nextRequest += 1 }
    return nextRequest | Self.requestBit
  }

  private mutating func carry(
    _ place: Int, _ replica: Replica, _ shard: ShardMachine, bytesMax: Int, _ now: Instant,
    _ outgoing: inout [Outgoing]
  ) {
    led[place].senders.removeAll { shard.feed(of: $0.table)?.region($0.region) == nil }
    for table in shard.replicatedTables {
      guard let feed = shard.feed(of: table),
        let replication = shard.settings(of: table)?.replication
      else {
        continue
      }
      for region in feed.regions {
        guard let other = others.firstIndex(where: { $0.name == region.name }),
          let there = others[other].place(of: replication.table), mayLeave(there.name, replication),
          replication.residency == nil || others[other].readsNews
        else { continue }
        led[place].senders.removeAll {
          $0.table == table && $0.region == region.name && $0.isPassed(by: region, to: there)
        }
        let known = led[place].senders.firstIndex { $0.table == table && $0.region == region.name }
        var sender = known.map { led[place].senders.remove(at: $0) } ?? RegionSender(table: table, region)
        sender.isPaused = pauses.contains { $0.holds(there.name, to: region.name) }
        do { try sender.read(shard, to: there) } catch { shard.cannotRead(error) }
        let source = RegionSource(
          table: there.table, region: replication.region, shard: replica.group.shard)
        sender.send(from: source, bytesMax: bytesMax, now: now) { shard, batch in
          let request = takeRequest()
          outgoing.append(
            Outgoing(
              region: region.name, node: others[other].likelyLeader(of: shard),
              request: Request(id: request, shard: shard, operation: .region(batch))))
          return request
        }
        if let advance = sender.advance(now: now), replica.propose(.regionAdvance(advance)) {
          sender.proposed(advance, now: now)
          hasProposed = true
        }
        copy(place, replica, shard, sender, now)
        led[place].senders.append(sender)
      }
    }
  }

  private mutating func copy(
    _ place: Int, _ replica: Replica, _ shard: ShardMachine, _ sender: RegionSender, _ now: Instant
  ) {
    guard let slice = shard.nextCopy(of: sender.table, to: sender.region),
      let state = shard.feed(of: sender.table)?.region(sender.region)?.filling
    else { return }
    // A copy that begins anew may look as one before it did.
    if let last = led[place].copying, last.slice == slice, last.state == state,
      now.since(led[place].copiedAt) < Self.copyPatience
    {
      return
    }
    guard !sender.isPaused, now.since(led[place].copiedAt) >= Self.copyPause, sender.waitingCount < Self.copyWaitingMax,
      !sender.canRead(shard), replica.propose(.regionCopy(slice))
    else { return }
    hasProposed = true
    led[place].copying = (slice, state)
    led[place].copiedAt = now
  }

  /// Whether a turn more would bring something on.
  func hasMore(_ replicas: [Replica]) -> Bool {
    if hasNews { return true }
    for place in led.indices {
      guard let shard = replicas.first(where: { $0.group == led.group(at: place) })?.shard else { continue }
      for sender in led[place].senders where sender.canRead(shard) { return true }
    }
    return false
  }

  // MARK: Answers

  mutating func answered(
    _ request: UInt64, _ answer: Answer, by node: NodeID, of region: String, now: Instant, wallTimeMs: UInt64?
  ) {
    guard let other = others.firstIndex(where: { $0.name == region }) else { return }
    if others[other].answered(request, answer, by: node, now: now) {
      hasNews = true
      return
    }
    if let shard = traces.shard(of: request, in: region) {
      _ = others[other].learn(answer, of: shard, by: node)
      traces.answered(request, answer)
      return
    }
    for place in led.indices {
      for position in led[place].senders.indices where led[place].senders[position].region == region {
        guard let shard = led[place].senders[position].shard(of: request) else { continue }
        let isNews = others[other].learn(answer, of: shard, by: node)
        if case .indexed(let through) = answer {
          let arrived = led[place].senders[position].answered(request, through: through)
          changesCarried += UInt64(arrived.count)
          delays.add(arrived.madeAtMs, led[place].senders[position], atMs: wallTimeMs)
          hasNews = true
        } else {
          led[place].senders[position].failed(request, retryAt: isNews ? now : now + RegionLane.retryDelay)
        }
        return
      }
    }
  }

  /// Who is asked on behalf of the metadata group; nil where there is no such region.
  mutating func likelyMetadataLeader(of region: String) -> NodeID? {
    guard let other = others.firstIndex(where: { $0.name == region }) else { return nil }
    return others[other].likelyLeader(of: .metadata)
  }

  /// Its catalog is asked for soon.
  mutating func lookAgain(at region: String) {
    guard let other = others.firstIndex(where: { $0.name == region }) else { return }
    others[other].isWanted = true
  }

  mutating func learnMetadataLeader(_ answer: Answer, by node: NodeID, of region: String) {
    guard let other = others.firstIndex(where: { $0.name == region }) else { return }
    _ = others[other].learn(answer, of: .metadata, by: node)
  }

  /// How far each other region is behind what this node leads, by table: one seek for each pair of table and shard.
  func lags(_ replicas: [Replica], wallTimeMs: UInt64?) -> [RegionLag] {
    var lags: [RegionLag] = []
    for replica in replicas {
      guard let shard = replica.shard, replica.isServing else { continue }
      let senders = led.state(of: replica.group)?.senders ?? []
      for table in shard.replicatedTables {
        guard let regions = shard.feed(of: table)?.regions else { continue }
        for region in regions {
          let sender = senders.first { $0.table == table && $0.region == region.name }
          let place = max(region.cursor, sender?.arrived ?? 0)
          // A store that cannot be read says so wherever else it is read.
          guard let waiting = try? shard.waiting(in: table, after: place) else { continue }
          let lag = RegionLag(table: table, region: region.name, waiting: waiting, wallTimeMs: wallTimeMs)
          if let known = lags.firstIndex(where: { $0.table == table && $0.region == region.name }) {
            lags[known].add(lag)
          } else {
            lags.append(lag)
          }
        }
      }
    }
    return lags
  }

  /// Changes that wait for other regions, over all led shards.
  var waitingCount: Int { led.reduce(0) { $0 + $1.senders.reduce(0) { $0 + $1.waitingCount } } }
}
