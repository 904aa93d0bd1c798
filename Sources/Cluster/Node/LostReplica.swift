import Environment
import Messages
import Raft
import Replicas

/// A group's replica on this node that lost what it had promised, on its way to a successor with a new id. Pure state:
/// events in, one ``Action`` at a time out.
///
/// Each step starts when the one before is durable, so that a crash in between repeats it:
/// 1. The identity file says that the old id is lost.
/// 2. The group's leader names the new id (a node that was wiped first learns its old one).
/// 3. The identity file names the new id and says that log and store are still the old ones.
/// 4. Log and store are emptied.
/// 5. The identity file says that the new id may act.
///
/// A replica that moved to another node goes the same way to its end: the identity file says so, log and store are emptied.
struct LostReplica {
  enum StoreStep: Equatable {
    case due(Instant)
    case running
    case done
  }

  enum Step: Equatable {
    /// A step that the identity file does not say yet; nil: nor was the write asked for.
    case losing(IdentityKeeper.Version?)
    case asking
    case assigning(IdentityKeeper.Version?)
    /// Work on the old store is still under way.
    case draining
    case emptying(isLogDone: Bool, store: StoreStep)
    case releasing(IdentityKeeper.Version?)
    case joined
    /// Nothing of it is left.
    case gone
  }

  enum Action: Equatable {
    /// The identity file has to hold ``LostReplica/holding``; ``LostReplica/recorded(as:)`` says with which version.
    case record
    /// ``Messages/Operation/replaceReplica(_:old:)``; ``LostReplica/asked(_:)`` says by which request.
    case ask(NodeID)
    case emptyLog
    case emptyStore
    /// The store goes, and no new one comes.
    case eraseStore
    /// The successor takes part from now on.
    case join
  }

  let group: GroupID
  /// The newest id that the node may have acted under; from ``Step/assigning(_:)`` on the successor's.
  private(set) var id: ReplicaID?
  private(set) var step: Step
  /// What was lost, for the operator.
  let reason: String
  private let node: NodeID
  /// The group's other nodes, which are asked in turn.
  private(set) var peers: [NodeID]
  /// It has moved to another node, and has no successor here.
  private(set) var isLeaving: Bool
  /// Nothing was lost: the replica comes to this node from another one.
  let isComing: Bool
  private var turn = 0
  private var leader: NodeID?
  private var isHintFollowed = false
  private var askAt = Instant.zero
  private var question: UInt64?

  /// Or half of it: what ``Span/uneven(_:)`` says.
  static let askInterval = Span.milliseconds(400)
  private static let retryDelay = Span.seconds(1)

  /// - Parameter reason: nil for a replica that comes to this node.
  init(_ holding: Identity.Holding, reason: String?, node: NodeID, peers: [NodeID], isRecorded: Bool) {
    group = holding.group
    id = holding.id
    self.reason = reason ?? "It is to be here and is not yet."
    isComing = reason == nil
    self.node = node
    self.peers = peers.filter { $0 != node }
    isLeaving = holding.state == .removed
    step = isRecorded ? (holding.state == .lost ? .asking : .draining) : .losing(nil)
  }

  /// What the identity file says of the group in this step.
  var holding: Identity.Holding {
    if isLeaving { return .init(group: group, id: id, state: .removed) }
    return switch step {
    case .losing, .asking: .init(group: group, id: id, state: .lost)
    case .assigning, .draining, .emptying: .init(group: group, id: id, state: .rebuilding)
    case .releasing, .joined, .gone: .init(group: group, id: id, state: .normal)
    }
  }

  /// `recorded`: what the identity file holds. `isIdle`: no work on the old store is under way.
  mutating func next(recorded: IdentityKeeper.Version, isIdle: Bool, now: Instant) -> Action? {
    switch step {
    case .losing(nil), .assigning(nil), .releasing(nil): return .record
    case .losing(let version?) where version <= recorded && isLeaving:
      step = .draining
      return next(recorded: recorded, isIdle: isIdle, now: now)
    case .losing(let version?) where version <= recorded:
      step = .asking
      return ask(now)
    case .asking: return ask(now)
    case .assigning(let version?) where version <= recorded:
      step = .draining
      return next(recorded: recorded, isIdle: isIdle, now: now)
    case .draining where isIdle:
      step = .emptying(isLogDone: false, store: .due(now))
      return .emptyLog
    case .emptying(let isLogDone, .due(let due)) where due <= now:
      step = .emptying(isLogDone: isLogDone, store: .running)
      return isLeaving ? .eraseStore : .emptyStore
    case .emptying(isLogDone: true, .done) where isLeaving:
      step = .gone
      return nil
    case .emptying(isLogDone: true, .done):
      step = .releasing(nil)
      return .record
    case .releasing(let version?) where version <= recorded:
      step = .joined
      return .join
    case .losing, .assigning, .draining, .emptying, .releasing, .joined, .gone: return nil
    }
  }

  mutating func recorded(as version: IdentityKeeper.Version) {
    switch step {
    case .losing: step = .losing(version)
    case .assigning: step = .assigning(version)
    case .releasing: step = .releasing(version)
    case .asking, .draining, .emptying, .joined, .gone: fatalError("A step was recorded that needs no record.")
    }
  }

  /// The group's replica is no longer to be on this node. False where a successor is being made: it leaves once it is there.
  mutating func leave() -> Bool {
    switch step {
    case .losing, .asking:
      isLeaving = true
      step = .losing(nil)
      return true
    default: return isLeaving
    }
  }

  /// Where the group's replicas are now.
  mutating func found(_ nodes: [NodeID]) { peers = nodes.filter { $0 != node } }

  mutating func logEmptied() {
    guard case .emptying(false, let store) = step else { return }
    step = .emptying(isLogDone: true, store: store)
  }

  /// False: the disk was full, and it is tried again.
  mutating func storeEmptied(_ isDone: Bool, now: Instant) {
    guard case .emptying(let isLogDone, .running) = step else { fatalError("A store was emptied unasked.") }
    step = .emptying(isLogDone: isLogDone, store: isDone ? .done : .due(now + Self.retryDelay))
  }

  // MARK: Asking

  private mutating func ask(_ now: Instant) -> Action? {
    guard askAt <= now, !peers.isEmpty else { return nil }
    askAt = now + Self.askInterval.uneven(UInt64(turn))
    isHintFollowed = leader != nil
    defer { leader = nil }
    if let leader { return .ask(leader) }
    turn += 1
    return .ask(peers[(turn - 1) % peers.count])
  }

  mutating func asked(_ request: UInt64) { question = request }

  /// Takes the answer to the newest question; others may belong to an id that has gone since.
  mutating func answered(_ request: UInt64, _ answer: Answer, now: Instant) {
    guard step == .asking, question == request else { return }
    question = nil
    switch answer {
    case .replacement(let raw): named(ReplicaID(raw), now: now)
    case .refused(.notLeader(let leader?)) where leader != node && !isHintFollowed:
      self.leader = leader
      askAt = now
    default: break
    }
  }

  private mutating func named(_ named: ReplicaID, now: Instant) {
    guard named.node == node else { return }
    guard let old = id else {
      id = named
      askAt = now
      step = .losing(nil)
      return
    }
    guard named > old else { return }
    id = named
    step = .assigning(nil)
  }

  /// Where it stands, for the operator.
  var state: String {
    if isLeaving { return "what is left of it is removed" }
    return switch step {
    case .losing: "it leaves its group"
    case .asking where peers.isEmpty: "no other node has a copy: restore a backup into a new cluster"
    case .asking: "it waits for its group's leader, which needs a majority of whole replicas, to name a successor"
    case .assigning, .draining, .emptying, .releasing, .joined, .gone: "a successor is being made"
    }
  }
}
