import Bytes
import Messages
import Testing

@Suite struct OperationFrameTests {
  @Test func framesSurviveTheirEncodingAndEveryTruncationIsRefused() throws {
    let requests = [
      Request(id: 1, shard: ShardID(2), operation: .get(RowKey(table: TableID(1), hash: 7), consistent: true)),
      Request(id: 300, shard: .metadata, operation: .catalogRead(version: 9)),
      Request(id: 2, shard: ShardID(1), operation: .dropTable(TableID(3))),
      Request(
        id: 3, shard: ShardID(1), term: 300,
        stamp: OperationStamp(
          origin: .max, sequence: 1 << 40, answeredBelow: (1 << 40) - 3, issuedAtMs: 1_700_000_000_000, isRetry: true),
        operation: .dropTable(TableID(3))),
      Request(id: 3, shard: .metadata, operation: .describeMember(NodeID(3))),
      Request(id: 4, shard: ShardID(1), operation: .replaceReplica(NodeID(3), old: nil)),
      Request(id: 5, shard: ShardID(1), operation: .replaceReplica(NodeID(3), old: 5 << 32 | 3)),
    ]
    let bytes = OperationFrame.encode(requests)[0]
    guard case .requests(let read) = try OperationFrame(bytes) else { return }
    #expect(OperationFrame.encode(read) == [bytes])
    for length in bytes.indices {
      #expect(throws: MalformedBytes.self) { try OperationFrame(Array(bytes[..<length])) }
    }
  }

  @Test func answersSurviveTheirEncodingAndEveryTruncationIsRefused() throws {
    let responses = [
      Response(id: 1, term: 1, answer: .checksumAt(7)),
      Response(id: 2, term: 1, answer: .refused(.notLeader(leader: NodeID(3)))),
      Response(id: 3, term: 1, answer: .member(hasTerm: true, seenIncarnation: 1 << 40)),
      Response(id: 4, term: 1, answer: .replacement(5 << 32 | 3)),
    ]
    let bytes = OperationFrame.encode(responses)[0]
    guard case .responses(let read) = try OperationFrame(bytes) else {
      Issue.record("The frame carries responses.")
      return
    }
    #expect(read == responses)
    for length in bytes.indices {
      #expect(throws: MalformedBytes.self) { try OperationFrame(Array(bytes[..<length])) }
    }
  }
}
