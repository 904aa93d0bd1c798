public import Messages

/// Why a change of the members is refused, for whoever asked.
public struct MemberRefusal: Error, Equatable, Sendable {
  public var text: String

  public init(_ text: String) { self.text = text }

  public init(unreadable what: String) { text = "the \(what) cannot be read" }
}

/// What is asked of the metadata group.
public enum MemberRequest: Equatable, Sendable {
  case add(Member)
  case drain(NodeID)
  case replace(NodeID, by: Member)
}

/// How a change of the members goes on, step by step. Asking for the same once more changes nothing.
extension ClusterMembers {
  /// The members as the request makes them; the same where it was made before.
  public func changed(by request: MemberRequest) throws(MemberRefusal) -> ClusterMembers {
    switch request {
    case .add(let member): try adding(member)
    case .drain(let node): try leaving(node, plan: Plan(kind: .drain, node: node), with: nil)
    case .replace(let node, let member):
      try leaving(node, plan: Plan(kind: .replace, node: node, replacement: member.node), with: member)
    }
  }

  /// The members once the move under way has ended; the next one follows, or the plan is done.
  public func moved() -> ClusterMembers {
    guard let move, let position = places.firstIndex(where: { $0.shard == move.shard }) else { return self }
    var next = self
    next.places[position].nodes = target(of: move.shard)
    next.plan?.moved += 1
    next.goOn()
    return next
  }

  /// Replicas that are still to be moved, the one on its way included.
  public var movesLeft: Int {
    var state = self
    var count = 0
    // Each move brings the plan on; the bound is for a state that no plan made.
    while state.move != nil, count < places.count * (members.count + 1) {
      state = state.moved()
      count += 1
    }
    return count
  }

  // MARK: Requests

  private func adding(_ member: Member) throws(MemberRefusal) -> ClusterMembers {
    if let known = self.member(member.node), known.name == member.name, !known.isLeaving { return self }
    try checkIdle()
    var next = self
    try next.take(member)
    next.plan = Plan(kind: .add, node: member.node)
    next.goOn()
    return next
  }

  private func leaving(_ node: NodeID, plan: Plan, with member: Member?) throws(MemberRefusal) -> ClusterMembers {
    if let current = self.plan, current.kind == plan.kind, current.node == node, current.replacement == plan.replacement
    {
      return self
    }
    guard let position = members.firstIndex(where: { $0.node == node }) else {
      // It has left: who asks again hears that it is done.
      if node <= nodeMax { return self }
      throw MemberRefusal("there is no node \(node.rawValue)")
    }
    try checkIdle()
    var next = self
    if let member { try next.take(member) }
    let name = members[position].name
    guard let leaver = next.members.firstIndex(where: { $0.node == node }) else { return self }
    next.members[leaver].isLeaving = true
    let staying = next.members.filter { !$0.isLeaving }.count
    let replicas = places.map(\.nodes.count).max() ?? 0
    guard staying >= replicas else {
      throw MemberRefusal(
        "without \(name) \(staying) nodes would be left for \(replicas) replicas of each shard: add a node first, or "
          + "replace \(name)")
    }
    next.plan = plan
    next.goOn()
    return next
  }

  private func checkIdle() throws(MemberRefusal) {
    guard let plan else { return }
    let name = member(plan.node)?.name ?? "node \(plan.node.rawValue)"
    let what =
      switch plan.kind {
      case .add: "added"
      case .drain: "drained"
      case .replace: "replaced"
      }
    throw MemberRefusal("\(name) is being \(what): one change at a time; \(movesLeft) replicas are still to move")
  }

  private mutating func take(_ member: Member) throws(MemberRefusal) {
    guard member.node > nodeMax else {
      throw MemberRefusal("a node had the number \(member.node.rawValue) already: take one above \(nodeMax.rawValue)")
    }
    guard !members.contains(where: { $0.name == member.name }) else {
      throw MemberRefusal("there is a node named \(member.name)")
    }
    members.append(member)
    nodeMax = member.node
  }

  // MARK: Steps

  private mutating func goOn() {
    version += 1
    move = nextMove()
    guard move == nil else { return }
    plan = nil
    members.removeAll { $0.isLeaving }
  }

  /// What leaves goes first; then whoever has two replicas more than another gives one away.
  private func nextMove() -> Move? {
    let staying = members.filter { !$0.isLeaving }.map(\.node)
    let leaving = members.filter { $0.isLeaving }.map(\.node)
    // The metadata group last: it is the one that drives the rest.
    let ordered = places.filter { $0.shard != .metadata } + places.filter { $0.shard == .metadata }
    for place in ordered {
      guard let from = place.nodes.first(where: { leaving.contains($0) }) else { continue }
      let free = staying.filter { !place.nodes.contains($0) }
      let wanted = plan?.replacement.flatMap { free.contains($0) ? $0 : nil }
      guard let to = wanted ?? fewest(among: free) else { continue }
      return Move(shard: place.shard, from: from, to: to)
    }
    return balancingMove(staying, ordered)
  }

  private func balancingMove(_ staying: [NodeID], _ ordered: [Place]) -> Move? {
    guard let to = fewest(among: staying) else { return nil }
    // The fullest first, of equals the lowest number.
    let givers = staying.sorted { (count(on: $1), $0) < (count(on: $0), $1) }
    for from in givers where count(on: from) > count(on: to) + 1 {
      if let place = ordered.first(where: { $0.nodes.contains(from) && !$0.nodes.contains(to) }) {
        return Move(shard: place.shard, from: from, to: to)
      }
    }
    return nil
  }

  private func count(on node: NodeID) -> Int { places.count { $0.nodes.contains(node) } }

  private func fewest(among nodes: [NodeID]) -> NodeID? { nodes.min { (count(on: $0), $0) < (count(on: $1), $1) } }
}
