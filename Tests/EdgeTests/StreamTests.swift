import Catalog
import Coordinator
import Items
import Messages
import Testing

@testable import Edge

/// Streams as clients see them, over a coordinator whose answers are made up.
@Suite struct StreamTests {
  /// When ``ManualClock`` says that it is.
  private static let nowMs: UInt64 = 784_111_777_000
  /// Of the table `pair`, whose stream began with it.
  private static let arn = "arn:aws:dynamodb:eu-central-1:000000000000:table/pair/stream/2023-11-14T22:13:20.123"

  private func ask(_ operation: String, _ json: String, page: StreamPage? = nil) throws -> Answered {
    try answered(operation, json) { call in
      guard case .stream = call, let page else { return .failed(.unavailable("not asked")) }
      return .stream(page)
    }
  }

  private func answered(_ operation: String, _ json: String, _ outcome: @escaping (Call) -> CallOutcome) throws
    -> Answered
  {
    try EdgeTests.ask(operation, json, of: "DynamoDBStreams_20120810", outcome: outcome)
  }

  private func iterator(_ start: StreamRead.Start = .horizon, ageMs: UInt64 = 0) -> ShardIterator {
    ShardIterator(arn: Self.arn, shard: ShardID(2), start: start, issuedAtMs: Self.nowMs - ageMs)
  }

  private func getRecords(_ iterator: String, _ page: StreamPage? = nil) throws -> Answered {
    try ask("GetRecords", #"{"ShardIterator":"\#(iterator)"}"#, page: page)
  }

  private static func record(
    _ sequence: UInt64, _ change: StreamRecord.Change = .remove, isExpiry: Bool = false
  ) throws -> StreamRecord {
    let old = try item(#"{"PK":{"S":"p"},"SK":{"N":"1"},"v":{"S":"x"}}"#)
    return StreamRecord(
      sequence: sequence, timeMs: 1_700_000_001_999, change: change, isExpiry: isExpiry,
      key: RowKey(table: TableID(1), partition: .text("p"), sort: .number(Number(1))), old: old)
  }

  @Test func anIteratorIsReadBackAndNoOtherTextIsOne() {
    for start in [StreamRead.Start.horizon, .after(0), .after(.max)] {
      let text = iterator(start).text
      #expect(ShardIterator(text) == iterator(start))
      let bytes = Array(text.utf8)
      #expect(bytes.count <= ShardIterator.lengthMax)
      for place in bytes.indices {
        var forged = bytes
        forged[place] = forged[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(ShardIterator(String(decoding: forged, as: UTF8.self)) == nil, "at \(place)")
      }
    }
    for text in ["", "|", "||", "a|1|", "a|2|AAAA", "a|1|AAAA|"] { #expect(ShardIterator(text) == nil) }
  }

  @Test func anIteratorLivesFifteenMinutes() throws {
    let span = StreamSpan(since: 0, until: nil, horizon: 0, end: 5)
    let page = StreamPage(span: span, through: 5)
    #expect(try getRecords(iterator(ageMs: 15 * 60 * 1_000 - 1).text, page).status == 200)
    let expired = try getRecords(iterator(ageMs: 15 * 60 * 1_000).text, page)
    #expect(expired.type == "ExpiredIteratorException" && expired.status == 400)
    #expect(try getRecords("no iterator").message == "Invalid ShardIterator")
  }

  @Test func theNextIteratorIsAbsentAtTheEndOfAClosedShardAlone() throws {
    func next(_ span: StreamSpan?, through: UInt64, _ start: StreamRead.Start = .horizon) throws -> ShardIterator? {
      let answer = try getRecords(iterator(start).text, StreamPage(span: span, through: through))
      #expect(answer.body["Records"]?.elements?.isEmpty == true)
      return try answer.body["NextShardIterator"].map { try #require(ShardIterator($0.text ?? "")) }
    }
    #expect(try next(StreamSpan(since: 0, until: nil, horizon: 0, end: 9), through: 9)?.start == .after(9))
    #expect(try next(StreamSpan(since: 0, until: 9, horizon: 0, end: 9), through: 8)?.start == .after(8))
    #expect(try next(StreamSpan(since: 0, until: 9, horizon: 0, end: 9), through: 9) == nil)
    #expect(try next(nil, through: 0)?.start == .horizon, "A shard that does not know the stream yet.")
  }

  @Test func aRecordThatIsGoneIsSaidToBe() throws {
    let span = StreamSpan(since: 0, until: nil, horizon: 7, end: 9)
    let page = StreamPage(span: span, through: 7, isTrimmed: true)
    let answer = try getRecords(iterator(.after(3)).text, page)
    #expect(answer.type == "TrimmedDataAccessException" && answer.status == 400)
  }

  @Test func aRecordHasDynamoDBsForm() throws {
    let span = StreamSpan(since: 0, until: nil, horizon: 0, end: 9)
    let records = [try Self.record(65_536), try Self.record(131_072, isExpiry: true)]
    let answer = try getRecords(iterator().text, StreamPage(span: span, records: records, through: 131_072))
    let shown = try #require(answer.body["Records"]?.elements)
    let first = try #require(shown.first)
    #expect(first["eventName"]?.text == "REMOVE" && first["awsRegion"]?.text == "eu-central-1")
    let change = try #require(first["dynamodb"])
    #expect(change["SequenceNumber"]?.text == "100000000000000065536")
    #expect(change["ApproximateCreationDateTime"]?.integer == 1_700_000_001)
    // Twice PK p and SK 1 (3 + 4 bytes), and v x.
    #expect(change["SizeBytes"]?.integer == 2 * 7 + 2)
    #expect(change["Keys"]?["SK"]?["N"]?.text == "1")
    #expect(change["NewImage"] == nil && change["OldImage"]?["v"]?["S"]?.text == "x")
    #expect(first["userIdentity"] == nil)
    #expect(shown[1]["userIdentity"]?["Type"]?.text == "Service")
    #expect(shown[1]["userIdentity"]?["PrincipalId"]?.text == "dynamodb.amazonaws.com")
    let ids = shown.compactMap { $0["eventID"]?.text }
    #expect(Set(ids).count == 2 && ids.allSatisfy { $0.count == 32 })
  }

  @Test func sequenceNumbersAreTwentyOneDigits() {
    for sequence in [0, 1, 65_536, UInt64.max] {
      let text = SequenceNumber.text(sequence)
      #expect(text.count == 21 && SequenceNumber.sequence(text) == sequence)
    }
    for text in ["", "1", "200000000000000065536", "1999999999999999999990", "10000000000000006553x"] {
      #expect(SequenceNumber.sequence(text) == nil, "\(text)")
    }
    #expect(SequenceNumber.sequence("199999999999999999999") == nil, "More than any feed has.")
  }

  @Test func describeStreamShowsOneShardForEachOfTheTable() throws {
    let span = StreamSpan(since: 65_536, until: 131_072, horizon: 65_536, end: 131_072)
    let answer = try ask("DescribeStream", #"{"StreamArn":"\#(Self.arn)"}"#, page: StreamPage(span: span))
    let description = try #require(answer.body["StreamDescription"])
    #expect(description["StreamStatus"]?.text == "ENABLED")
    let shards = try #require(description["Shards"]?.elements)
    #expect(shards.count == 2)
    #expect(shards[0]["ShardId"]?.text?.hasPrefix("shardId-00000000000000000001-") == true)
    let range = shards[0]["SequenceNumberRange"]
    #expect(range?["StartingSequenceNumber"]?.text == "100000000000000065537")
    #expect(range?["EndingSequenceNumber"]?.text == "100000000000000131072")
    let unknown = try ask("DescribeStream", #"{"StreamArn":"\#(Self.arn)"}"#, page: StreamPage(span: nil))
    #expect(unknown.body["StreamDescription"]?["StreamStatus"]?.text == "ENABLING")
    #expect(unknown.body["StreamDescription"]?["Shards"]?.elements?.isEmpty == true)
  }

  @Test func aNumberThatNoRecordHasYetIsRefused() throws {
    let span = StreamSpan(since: 0, until: nil, horizon: 0, end: 9)
    let answer = try ask("DescribeStream", #"{"StreamArn":"\#(Self.arn)"}"#, page: StreamPage(span: span))
    let shard = try #require(answer.body["StreamDescription"]?["Shards"]?[0]?["ShardId"]?.text)
    func get(_ number: UInt64) throws -> Answered {
      let json =
        #"{"StreamArn":"\#(Self.arn)","ShardId":"\#(shard)","ShardIteratorType":"AFTER_SEQUENCE_NUMBER","#
        + #""SequenceNumber":"\#(SequenceNumber.text(number))"}"#
      return try ask("GetShardIterator", json, page: StreamPage(span: span, through: number))
    }
    #expect(try get(1).status == 200, "DescribeStream's start, before there is a record.")
    #expect(try get(9).status == 200)
    #expect(
      try get(10).message == "Invalid SequenceNumber", "Else what is written until then is passed over in silence.")
  }
}
