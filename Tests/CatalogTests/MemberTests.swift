import Catalog
import Messages
import Testing

/// Which replica moves next, and what is refused.
@Suite struct MemberTests {
  private func members(_ count: UInt32, shards: Int = 6) -> ClusterMembers {
    let nodes = (1...count).map { NodeID($0) }
    let map = ShardMap.initial(shards: shards, nodes: nodes, replication: Int(min(count, 3)))
    return ClusterMembers(
      first: nodes.map { member($0.rawValue) }, metadata: ShardMap.placement(0, nodes: nodes, replication: 3), map: map)
  }

  private func member(_ node: UInt32) -> Member {
    Member(node: NodeID(node), name: "n\(node)", address: "127.0.0.1:\(20_000 + node)")
  }

  /// Every move until the plan is done; each leaves every group with as many replicas as before, on different nodes.
  private func carriedOut(_ start: ClusterMembers) -> (end: ClusterMembers, moves: [ClusterMembers.Move]) {
    var state = start
    var moves: [ClusterMembers.Move] = []
    while let move = state.move, moves.count < 100 {
      #expect(state.movesLeft > 0)
      moves.append(move)
      let next = state.moved()
      #expect(next.version == state.version + 1)
      for place in next.places { #expect(Set(place.nodes).count == 3) }
      state = next
    }
    #expect(state.plan == nil && state.movesLeft == 0)
    return (state, moves)
  }

  private func counts(_ members: ClusterMembers) -> [Int] {
    members.members.map { members.groups(on: $0.node).count }
  }

  @Test func aNodeThatComesIsGivenItsShareAndNothingElseMoves() throws {
    let (end, moves) = carriedOut(try members(3).changed(by: .add(member(4))))
    #expect(counts(end).sorted() == [5, 5, 5, 6])
    #expect(moves.allSatisfy { $0.to == NodeID(4) } && moves.count == 5)
  }

  @Test func aNodeThatIsDrainedEndsWithoutReplicasAndIsNoMemberAnyMore() throws {
    let four = carriedOut(try members(3).changed(by: .add(member(4)))).end
    let (end, moves) = carriedOut(try four.changed(by: .drain(NodeID(2))))
    #expect(end.members.map(\.node.rawValue) == [1, 3, 4])
    #expect(end.places.allSatisfy { !$0.nodes.contains(NodeID(2)) })
    #expect(moves.allSatisfy { $0.from == NodeID(2) } && moves.count == 5)
    // The metadata group, which drives it, comes last.
    #expect(moves.dropLast().allSatisfy { $0.shard != .metadata })
  }

  @Test func aNodeThatIsReplacedLeavesItsReplicasToOneThatComes() throws {
    let (end, moves) = carriedOut(try members(3).changed(by: .replace(NodeID(1), by: member(4))))
    #expect(end.members.map(\.node.rawValue) == [2, 3, 4])
    #expect(moves.allSatisfy { $0.from == NodeID(1) && $0.to == NodeID(4) } && moves.count == 7)
    #expect(counts(end) == [7, 7, 7])
  }

  @Test func askingForTheSameOnceMoreChangesNothing() throws {
    let adding = try members(3).changed(by: .add(member(4)))
    #expect(try adding.changed(by: .add(member(4))) == adding)
    let added = carriedOut(adding).end
    #expect(try added.changed(by: .add(member(4))) == added)
    let draining = try added.changed(by: .drain(NodeID(2)))
    #expect(try draining.changed(by: .drain(NodeID(2))) == draining)
    let drained = carriedOut(draining).end
    #expect(try drained.changed(by: .drain(NodeID(2))) == drained)
    let replacing = try drained.changed(by: .replace(NodeID(3), by: member(5)))
    #expect(try replacing.changed(by: .replace(NodeID(3), by: member(5))) == replacing)
  }

  @Test func aRefusalSaysWhy() throws {
    func reason(_ state: ClusterMembers, _ request: MemberRequest) -> String? {
      do {
        _ = try state.changed(by: request)
        return nil
      } catch { return error.text }
    }
    let three = members(3)
    #expect(reason(three, .drain(NodeID(1)))?.contains("2 nodes would be left for 3 replicas") == true)
    #expect(reason(three, .drain(NodeID(9))) == "there is no node 9")
    #expect(reason(three, .add(Member(node: NodeID(4), name: "n2", address: ""))) == "there is a node named n2")
    let adding = try three.changed(by: .add(member(4)))
    #expect(reason(adding, .add(member(5)))?.contains("n4 is being added") == true)
    // A number that a node had is not used again.
    let added = carriedOut(adding).end
    let drained = carriedOut(try added.changed(by: .drain(NodeID(4)))).end
    #expect(reason(drained, .add(member(4)))?.contains("number 4") == true)
  }

  @Test func aCatalogKeepsItsMembersAndTakesThemInOrderOnly() throws {
    var catalog = Catalog()
    let map = ShardMap.initial(shards: 6, nodes: [NodeID(1), NodeID(2), NodeID(3)], replication: 3)
    let adding = try members(3).changed(by: .add(member(4)))
    #expect(catalog.apply(.changeMembers(adding)) == .membersChanged)
    _ = catalog.apply(.initialise(map))
    let command = CatalogCommand.changeMembers(adding)
    #expect(try CatalogCommand(command.encode()) == command)
    #expect(catalog.apply(command) == .done)
    #expect(catalog.apply(command) == .membersChanged)
    #expect(try Catalog(catalog.encode()) == catalog)
    let move = try #require(adding.move)
    #expect(catalog.apply(.changeMembers(adding.moved())) == .done)
    #expect(catalog.shardMap?.shards.first { $0.id == move.shard }?.nodes.contains(NodeID(4)) == true)
  }

  /// A catalog in which no nodes were changed has the bytes of earlier builds.
  @Test func withoutAChangeOfMembersTheCatalogIsAsBefore() throws {
    var catalog = Catalog()
    let before = catalog.encode()
    _ = catalog.apply(.initialise(ShardMap.initial(shards: 1, nodes: [NodeID(1)], replication: 1)))
    #expect(catalog.members == nil && catalog.encode().count > before.count)
    #expect(try Catalog(before).members == nil)
  }

  @Test func requestsSurviveTheirEncoding() throws {
    for request in [
      MemberRequest.add(member(4)), .drain(NodeID(2)), .replace(NodeID(2), by: member(5)),
    ] {
      #expect(try MemberRequest(request.encode()) == request)
    }
  }
}
