public import Catalog
import DequeModule
public import Environment
public import Messages

/// Routes calls to the leaders of shards: a synchronous event machine without state of its own that matters.
///
/// Confined to one event loop. A process has one for each of its loops; they share nothing but ``RecentChanges``. Every
/// method may leave effects, which the owner takes with ``takeEffects()`` once a turn. A change whose answer is lost is sent again under the
/// number that it was first sent with, so that it is applied at most once; where no answer comes until its deadline, its
/// outcome is unknown.
public final class Coordinator {
  let configuration: CoordinatorConfiguration
  var random: SeededRandom

  /// The newest catalog seen; version 0 and no shard map before the first answer.
  public internal(set) var catalog = Catalog()

  /// Calls by token. Never iterated without sorting.
  var calls: [UInt64: PendingCall] = [:]
  /// When the calls end that were submitted. What has ended before goes as soon as it is the first.
  private var deadlines = Deque<(at: Instant, token: UInt64)>()
  /// When requests for calls are given up, in the order in which they were sent. Likewise.
  var attempts = Deque<(endsAt: Instant, request: UInt64)>()
  /// The token of the call that a request serves. Requests absent here were given up: their answers are ignored.
  var requests: [UInt64: UInt64] = [:]
  /// Calls without a request, in no order.
  var waiting: [Waiting] = []
  /// Calls for which another one looks for their shard's leader.
  var held: [Held] = []
  var leaders: [ShardID: Leader] = [:]
  var scouts: Scouts
  /// Shards whose leader was searched for and has answered, until those who wait for it are sent.
  var found: [ShardID] = []
  var numbers: ChangeNumbers
  var hybridClock = HybridClock()
  var links: [NodeLink]
  var outcomes: [(token: UInt64, outcome: CallOutcome)] = []
  var nextRequest: UInt64 = 1
  /// Requests that only ask who leads a shard.
  var probes: [UInt64: ShardID] = [:]
  let recentChanges: RecentChanges

  /// Cleared to ask for the catalog at the next tick.
  var catalogAskedAt: Instant?
  private var catalogRequest: UInt64?

  struct Leader: Equatable {
    var node: NodeID
    /// 0 where it is not known yet.
    var term: UInt64
    /// It said so itself; others only name it.
    var isCertain: Bool
  }

  struct Waiting {
    let token: UInt64
    /// The time to try again.
    let at: Instant
  }

  struct Held {
    let shard: ShardID
    /// In the order in which they came.
    var tokens: [UInt64]

    mutating func take() -> [UInt64] {
      defer { tokens = [] }
      return tokens
    }
  }

  struct NodeLink {
    let node: NodeID
    var isUp = false
    var outbound: [Request] = []
  }

  /// - Parameter recentChanges: shared with the other coordinators of the process.
  public init(
    configuration: CoordinatorConfiguration, random: SeededRandom, recentChanges: RecentChanges = RecentChanges()
  ) {
    self.configuration = configuration
    self.recentChanges = recentChanges
    self.random = random
    scouts = Scouts(delayMin: configuration.retryDelayMin, delayMax: configuration.retryDelayMax)
    numbers = ChangeNumbers(origin: self.random.next())
    links = configuration.nodes.map { NodeLink(node: $0) }
  }

  /// True once a catalog is known and a leader of every shard was heard of.
  public var isReady: Bool {
    guard let map = catalog.shardMap else { return false }
    return map.shards.allSatisfy { leaders[$0.id] != nil }
  }

  public func submit(_ call: Call, token: UInt64, now: Instant) {
    guard calls.count < configuration.callsMax else {
      outcomes.append((token, .failed(.overloaded)))
      return
    }
    let stage: PendingCall.Stage
    if case .scan(let range) = call { stage = .scan(rest: range, collected: RangePage()) } else { stage = .single }
    precondition(calls[token] == nil, "A token names one call at a time.")
    let deadline = now + configuration.callTimeout
    calls[token] = PendingCall(token: token, call: call, deadline: deadline, stage: stage, shard: .metadata)
    deadlines.append((deadline, token))
    send(token, now: now)
  }

  public func linkUp(_ node: NodeID, now: Instant) {
    guard let position = links.firstIndex(where: { $0.node == node }) else { return }
    links[position].isUp = true
    if catalog.version == 0 { askForCatalog(now: now) }
    retryWaiting(now: now, all: true)
  }

  public func linkDown(_ node: NodeID, now: Instant) {
    guard let position = links.firstIndex(where: { $0.node == node }) else { return }
    links[position].isUp = false
    links[position].outbound = []
    for (shard, leader) in leaders where leader.node == node { leaders[shard] = nil }
    let lost = calls.values.filter { $0.sentTo == node && $0.request != nil }.map(\.token).sorted()
    for token in lost { answerLost(token, now: now) }
    catalogRequest = nil
    probes.removeAll()
  }

  /// A frame that cannot be read is dropped: its calls end by their deadlines.
  public func received(_ frame: [UInt8], from node: NodeID, now: Instant) {
    guard case .responses(let responses) = try? OperationFrame(frame) else { return }
    for response in responses {
      if response.id == catalogRequest {
        catalogRequest = nil
        learnLeader(of: .metadata, from: response, by: node)
        adopt(response.answer)
      } else if let shard = probes.removeValue(forKey: response.id) {
        learnLeader(of: shard, from: response, by: node)
      } else if let token = requests.removeValue(forKey: response.id) {
        received(response, for: token, from: node, now: now)
      }
    }
    sendToFound(now: now)
  }

  /// To be called every 10 to 20 ms.
  public func tick(now: Instant, wallTimeMs: WallTimeMs) {
    hybridClock.tick(now: now, wallTimeMs: wallTimeMs)
    endOverdueCalls(now: now)
    retryWaiting(now: now, all: false)
    giveUpAttempts(now: now)
    let sinceAsked = now.since(catalogAskedAt ?? .zero)
    let patience = catalogRequest == nil ? refreshInterval : configuration.attemptTimeout
    guard sinceAsked >= patience else { return }
    // Who does not answer may lead no longer, though its connection stays open.
    if catalogRequest != nil { leaders[.metadata] = nil }
    askForCatalog(now: now)
  }

  private func endOverdueCalls(now: Instant) {
    var overdue: [UInt64] = []
    while let next = deadlines.first {
      // Else it has ended, and its token may be that of a later call by now.
      if calls[next.token]?.deadline == next.at {
        guard next.at <= now else { break }
        overdue.append(next.token)
      }
      deadlines.removeFirst()
    }
    guard !overdue.isEmpty else { return }
    let tokens = Set(overdue)
    waiting.removeAll { tokens.contains($0.token) }
    for place in held.indices { held[place].tokens.removeAll { tokens.contains($0) } }
    for token in overdue { expire(token) }
  }

  private func giveUpAttempts(now: Instant) {
    while let attempt = attempts.first {
      let token = requests[attempt.request]
      guard token == nil || attempt.endsAt <= now else { break }
      attempts.removeFirst()
      guard let token, let shard = calls[token]?.shard else { continue }
      leaders[shard] = nil
      answerLost(token, now: now)
    }
  }

  private var refreshInterval: Span {
    isReady ? configuration.catalogRefreshInterval : .milliseconds(10)
  }

  public func takeEffects() -> CoordinatorEffects {
    var effects = CoordinatorEffects()
    for position in links.indices where !links[position].outbound.isEmpty {
      let frames = OperationFrame.encode(links[position].outbound)
      links[position].outbound.removeAll(keepingCapacity: true)
      for frame in frames { effects.frames.append((links[position].node, frame)) }
    }
    swap(&effects.outcomes, &outcomes)
    return effects
  }

  func adopt(_ answer: Answer) {
    guard case .catalog(let bytes?) = answer, let newer = try? Catalog(bytes), newer.version >= catalog.version else {
      return
    }
    catalog = newer
    for member in newer.members?.members ?? [] where !links.contains(where: { $0.node == member.node }) {
      links.append(NodeLink(node: member.node))
    }
  }

  private func learnLeader(of shard: ShardID, from response: Response, by node: NodeID) {
    switch response.answer {
    case .refused(.notLeader(let leader)):
      heard(of: leader, from: node, term: response.term, of: shard)
    case .refused(.outcomeUnknown), .refused(.overloaded), .refused(.failed): break
    default: learn(Leader(node: node, term: response.term, isCertain: true), of: shard)
    }
  }

  /// Keeps the catalog and the knowledge of leaders fresh without a call that needs them.
  private func askForCatalog(now: Instant) {
    catalogAskedAt = now
    guard let node = target(for: .metadata) else { return }
    catalogRequest = enqueue(.catalogRead(version: catalog.version), shard: .metadata, to: node)
    probeLeaders()
  }
}
