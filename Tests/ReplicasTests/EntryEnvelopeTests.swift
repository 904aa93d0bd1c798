import Bytes
import Items
import Messages
import Shards
import Testing

@testable import Replicas

@Suite struct EntryEnvelopeTests {
  private static let stamp = OperationStamp(origin: 9, sequence: 70_000, answeredBelow: 69_990, issuedAtMs: 1 << 41)
  private static let item = EncodedItem(AttributeMap([.init(name: Array("a".utf8), value: .text("b"))]))

  @Test(arguments: [false, true], [false, true]) func anEnvelopeSurvivesItsEncoding(hasOld: Bool, hasNew: Bool) throws {
    let answer = WriteAnswer(
      oldBytes: 300, newBytes: 7, old: hasOld ? Self.item : nil, new: hasNew ? Self.item : nil)
    let payload = EntryEnvelope.encode(Self.stamp, answer, sizeHint: 8) { $0.raw([1, 2, 3]) }
    let envelope = try #require(try EntryEnvelope(payload))
    #expect(envelope.stamp == Self.stamp)
    #expect(envelope.answer?.oldBytes == 300 && envelope.answer?.newBytes == 7)
    #expect(envelope.answer?.old == answer.old)
    #expect(envelope.returnsNew == hasNew)
    #expect(Array(payload[envelope.commandStart...]) == [1, 2, 3])
  }

  /// Entries of logs that were written before changes had stamps begin with their command.
  @Test func aCommandAloneHasNoEnvelope() throws {
    let commands: [ShardCommand] = [
      .put(RowKey(table: .init(1), hash: 1), Self.item), .delete(RowKey(table: .init(1), hash: 1)), .checksum,
      .drop(.init(3)), .own(0...9),
    ]
    for command in commands {
      let envelope = try EntryEnvelope(command.encode())
      #expect(envelope == nil)
    }
  }

  @Test func everyTruncationIsRefused() {
    let answer = WriteAnswer(oldBytes: 300, newBytes: 7, old: Self.item)
    let payload = EntryEnvelope.encode(Self.stamp, answer, sizeHint: 8) { _ in }
    for length in 1..<payload.count {
      #expect(throws: MalformedBytes.self) { try EntryEnvelope(Array(payload[..<length])) }
    }
  }
}
