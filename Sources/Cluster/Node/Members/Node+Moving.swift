public import Catalog
import Environment
public import Messages
import Raft
import Replicas

/// The node among members that change: what it is told, which replicas it therefore has, and, where it leads the metadata
/// group, what it tells others.
extension Node {
  /// The newest members that the node was told of; nil until nodes were added or taken away.
  public var members: ClusterMembers? { identity?.identity.members }

  /// Every node of the region, this one included, ascending.
  public var nodes: [NodeID] { members?.members.map(\.node) ?? configuration.nodes }

  /// The members of other regions in which nodes were added or taken away, as far as this node has heard of them.
  public var membersElsewhere: [(region: String, members: ClusterMembers)] {
    regions.others.compactMap { other in other.catalog?.members.map { (other.name, $0) } }
  }

  // MARK: What it is told

  /// A version that is not newer changes nothing: a leader that was deposed may tell an older one late.
  func assign(_ bytes: [UInt8], to: ReplyTo) {
    var answer = Answer.refused(.failed("The members cannot be read."))
    if let told = try? ClusterMembers(bytes) { answer = adopt(told) ? .done : .refused(.overloaded) }
    replies.append(.init(to: to, term: 0, answer: answer))
  }

  /// False while the node does not know its part yet.
  private func adopt(_ told: ClusterMembers) -> Bool {
    guard identity != nil else { return false }
    guard told.version > members?.version ?? 0 else { return true }
    _ = identity?.change { $0.members = told }
    for position in lost.indices { lost[position].found(told.holders(of: lost[position].group.shard)) }
    return true
  }

  /// Brings the replicas of this node to what the members say. Cheap where nothing is to be done.
  private func followMembers(now: Instant) {
    guard let members, members.member(configuration.node) != nil else { return }
    let wanted = members.groups(on: configuration.node).map { GroupID($0) }
    for group in replicas.map(\.group) where !wanted.contains(group) {
      // It may be needed until its group has committed that it is gone; the version says that it has.
      release(group, now: now)
    }
    for position in lost.indices where !wanted.contains(lost[position].group) { _ = lost[position].leave() }
    for group in wanted where replica(group) == nil && !lost.contains(where: { $0.group == group }) {
      let former = identity?.identity.holding(group)?.id
      addLost(.init(group: group, id: former, state: .lost), nil)
    }
  }

  // MARK: As leader of the metadata group

  func moveReplicas(now: Instant) {
    defer { followMembers(now: now) }
    guard let metadata = replica(.metadata), metadata.isServing, let members = metadata.catalog?.catalog.members else {
      if !mover.isIdle { mover.reset() }
      return
    }
    _ = adopt(members)
    let asked = mover.next(members, leaderOf: { self.replica(GroupID($0))?.leader }, now: now)
    for question in asked { ask(question, members, now: now) }
    guard mover.takesEnd(of: members, now: now) else { return }
    let command = CatalogCommand.changeMembers(members.moved())
    submit(Request(id: 0, shard: .metadata, operation: .catalogCommand(command.encode())), to: .local(0), now: now)
  }

  private func ask(
    _ question: (id: UInt64, work: MemberMover.Work, node: NodeID), _ members: ClusterMembers, now: Instant
  ) {
    let request: Request
    switch question.work {
    case .assign: request = Request(id: question.id, shard: .metadata, operation: .assign(members.encode()))
    case .place(let shard, let version):
      let operation = Operation.placeReplicas(members.target(of: shard), version: version)
      request = Request(id: question.id, shard: shard, operation: operation)
    }
    if question.node == configuration.node {
      submit(request, to: .local(question.id), now: now)
    } else {
      outgoingRequests.append((question.node, request))
    }
  }

  /// The leader makes the members that follow from a request, and the log carries them.
  func changeMembers(_ bytes: [UInt8], _ request: Request, to: ReplyTo, now: Instant) {
    var answer = Answer.refused(.notLeader(leader: replica(.metadata)?.leader))
    if let metadata = replica(.metadata), metadata.isServing, let catalog = metadata.catalog?.catalog {
      do {
        guard let asked = try? MemberRequest(bytes) else { throw MemberRefusal(unreadable: "change of members") }
        guard let current = catalog.members ?? firstMembers(catalog) else {
          throw MemberRefusal(unreadable: "shard map")
        }
        let next = try current.changed(by: asked)
        if next.version != current.version {
          if let obstacle = obstacle(to: asked, among: current.members) { throw MemberRefusal(obstacle) }
          let command = CatalogCommand.changeMembers(next).encode()
          return submit(
            Request(id: request.id, shard: .metadata, operation: .catalogCommand(command)), to: to, now: now)
        }
        answer = .done
      } catch {
        answer = .refused(.failed((error as? MemberRefusal)?.text ?? "\(error)"))
      }
    }
    replies.append(.init(to: to, term: 0, answer: answer))
  }

  /// What the cluster was made with.
  private func firstMembers(_ catalog: Catalog) -> ClusterMembers? {
    guard let map = catalog.shardMap else { return nil }
    let named = configuration.founders.map { node in
      configuration.members.first { $0.node == node }
        ?? Member(node: node, name: "n\(node.rawValue)", address: "")
    }
    let metadata = ShardMap.placement(0, nodes: configuration.founders, replication: configuration.replication)
    return ClusterMembers(first: named, metadata: metadata, map: map)
  }
}
