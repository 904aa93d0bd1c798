import Items
import Testing

@testable import Sink

@Suite struct RecordTests {
  static let body = """
    {"NextShardIterator":"it-2","Records":[
      {"eventID":"1","eventName":"MODIFY","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"us-east-1",
       "dynamodb":{"ApproximateCreationDateTime":1.7640000005E9,"Keys":{"PK":{"S":"P#1"},"SK":{"N":"7"}},
         "NewImage":{"PK":{"S":"P#1"},"SK":{"N":"7"},"n":{"N":"12345678901234567890123456789012345678"}},
         "OldImage":{"PK":{"S":"P#1"},"SK":{"N":"7"}},"SequenceNumber":"000000000000000000000021",
         "SizeBytes":30,"StreamViewType":"NEW_AND_OLD_IMAGES"}},
      {"eventName":"REMOVE","userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"},
       "dynamodb":{"Keys":{"PK":{"S":"P#2"},"SK":{"N":"8"}},"SequenceNumber":"22","ApproximateCreationDateTime":1}}]}
    """

  @Test("An answer of GetRecords is read: names, keys, both images, number, time, and the next iterator")
  func page() throws {
    let page = try RecordsPage(parsing: Array(Self.body.utf8))
    #expect(page.nextIterator == "it-2")
    #expect(page.records.map(\.event) == [.modify, .remove])
    #expect(page.records.map(\.sequence.description) == ["21", "22"])
    #expect(page.records[0].createdAt.description == "2025-11-24T16:00:00.500000Z")
    #expect(page.records[0].newImage?.count == 3)
    #expect(page.records[0].oldImage?.count == 2)
    #expect(page.records[1].newImage == nil)
    #expect(page.records.allSatisfy { $0.fault == nil })
  }

  @Test("A record whose image is no item is told apart, and the rest of the page is read") func unreadable() throws {
    let body = Self.body.replacing(
      "12345678901234567890123456789012345678", with: "1" + String(repeating: "2", count: 38))
    let page = try RecordsPage(parsing: Array(body.utf8))
    #expect(page.records[0].fault?.contains("38 significant digits") == true)
    #expect(page.records[0].newImage == nil)
    #expect(page.records[1].fault == nil)
    #expect(throws: ItemError.self) { try RecordsPage(parsing: Array("{\"Records\":[{}]}".utf8)) }
  }

  @Test("Attribute values become plain JSON: numbers with every digit, binaries in base 64, sets as arrays")
  func plainJSON() throws {
    let text = """
      {"s":{"S":"a\\"b\\u0000c␀"},"n":{"N":"-0.000000000000000000000000000000000000012345678901234567890123456789012345678"},
       "b":{"B":"AAEC"},"t":{"BOOL":true},"z":{"NULL":true},"ss":{"SS":["b","a"]},"ns":{"NS":["2","1e3"]},
       "bs":{"BS":["AQ=="]},"l":{"L":[{"N":"1"},{"M":{"x":{"S":""}}}]}}
      """
    let item = try JSONReader.read(Array(text.utf8)) { (reader) throws(ItemError) in try reader.readItem() }
    let json = String(decoding: PlainJSON.object(try item.decode()), as: UTF8.self)
    #expect(
      json
        == #"{"b":"AAEC","bs":["AQ=="],"l":[1,{"x":""}],"n":-0.000000000000000000000000000000000000012345678901234567890123456789012345678,"ns":[2,1000],"s":"a\"b␀0c␀␀","ss":["a","b"],"t":true,"z":null}"#
    )
  }

  @Test("U+0000 is escaped so that it can be told back, and other texts stay as they are") func escapes() {
    func escaped(_ text: String) -> String { String(decoding: PostgresText.escaped(Array(text.utf8)), as: UTF8.self) }
    #expect(escaped("plain \\0 text → €") == "plain \\0 text → €")
    #expect(escaped("\u{0}") == "␀0")
    #expect(escaped("␀0") == "␀␀0")
    #expect(escaped("a\u{0}\u{0}b␀") == "a␀0␀0b␀␀")
  }

  @Test("Sequence numbers compare as numbers, however long and with whatever zeros in front") func sequences() {
    #expect(SequenceNumber("9")! < SequenceNumber("10")!)
    #expect(SequenceNumber("000100")! == SequenceNumber("100")!)
    #expect(
      SequenceNumber("49659999999999999999999999999999999999")! < SequenceNumber(
        "149659999999999999999999999999999999999")!)
    #expect(SequenceNumber("") == nil)
    #expect(SequenceNumber("-1") == nil)
    #expect(SequenceNumber(String(repeating: "1", count: 41)) == nil)
  }

  @Test(
    "Times are ISO 8601 with or without seconds, decimals and zone",
    arguments: [
      ("2026-01-31", "2026-01-31T00:00:00.000000Z"), ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000000Z"),
      ("2026-01-01T00:30+01:00", "2025-12-31T23:30:00.000000Z"),
      ("2026-01-01 12:00:00.123456789-0530", "2026-01-01T17:30:00.123456Z"),
      ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"), ("0001-01-01", "0001-01-01T00:00:00.000000Z"),
    ])
  func times(text: String, expected: String) {
    #expect(Timestamp(text)?.description == expected)
  }

  @Test(
    "What is no time is refused, PostgreSQL's own words for times above all",
    arguments: [
      "now", "infinity", "2026-02-29", "2026-13-01", "2026-01-01T25:00", "", "20260101", "2026-01-01T10", "2026-1-1",
    ])
  func noTimes(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test("Every day of the calendar has its own number and comes back from it") func days() {
    var number = CivilDay.number(year: 1, month: 1, day: 1)
    for year in [1, 4, 100, 400, 1969, 1970, 2000, 2023, 2024, 9999] {
      number = CivilDay.number(year: year, month: 1, day: 1)
      for month in 1...12 {
        for day in 1...CivilDay.days(inMonth: month, of: year) {
          #expect(CivilDay.number(year: year, month: month, day: day) == number)
          #expect(CivilDay.date(of: number) == (year, month, day))
          number += 1
        }
      }
    }
  }

  @Test("An item's digest depends on its table, both keys, and their types") func identity() throws {
    let shape = TestBench.shape
    func id(_ pk: AttributeValue, _ sk: AttributeValue, _ shape: TableShape = TestBench.shape) throws -> [UInt8] {
      try #require(ItemIdentity(AttributeMap().with("PK", pk).with("SK", sk), of: shape)).id
    }
    let ids = [
      try id(.text("a"), .text("b")), try id(.text("ab"), .text("")), try id(.text("a"), .number(Number(1))),
      try id(.text("a"), .text("1")), try id(.text("a"), .binary([0x31])),
      try id(.text("a"), .text("b"), TableShape(name: "other", partitionKey: "PK", sortKey: "SK")),
    ]
    #expect(Set(ids).count == ids.count)
    #expect(ids.allSatisfy { $0.count == 32 })
    #expect(ItemIdentity(AttributeMap(["PK": "a"]), of: shape) == nil)
  }
}
