import Catalog
import Coordinator
import Items
import Messages
import Testing

@testable import Edge

@Suite struct PagingTests {
  let table = Catalog.sample().table(named: "pair")!

  func row(_ partition: String, _ sort: Int) -> RowKey {
    RowKey(table: table.id, partition: .text(partition), sort: .number(Number(sort)))
  }

  func range(_ operation: String, _ json: String) throws -> RangeRead {
    var read: RangeRead?
    let answer = try ask(operation, json) { call in
      switch call {
      case .query(let range), .scan(let range): read = range
      default: break
      }
      return .page(RangePage())
    }
    #expect(answer.status == 200)
    return try #require(read)
  }

  func query(_ sort: String, values: String, rest: String = "") throws -> RangeRead {
    try range(
      "Query",
      #"{"TableName":"pair","KeyConditionExpression":"PK = :p\#(sort)","ExpressionAttributeValues":{":p":{"S":"a"}\#(values)}\#(rest)}"#
    )
  }

  func contains(_ range: RangeRead, _ key: RowKey) -> Bool { range.lower <= key && key < range.upper }

  @Test func keyConditionsBecomeRangesThatHoldExactlyTheirKeys() throws {
    let conditions: [(String, (Int) -> Bool)] = [
      ("", { _ in true }), (" AND SK = :s", { $0 == 3 }), (" AND SK < :s", { $0 < 3 }), (" AND SK <= :s", { $0 <= 3 }),
      (" AND SK > :s", { $0 > 3 }), (" AND SK >= :s", { $0 >= 3 }),
    ]
    for (text, expected) in conditions {
      let range = try query(text, values: text.isEmpty ? "" : #",":s":{"N":"3"}"#)
      for sort in -5...9 { #expect(contains(range, row("a", sort)) == expected(sort)) }
      for other in ["", "a\u{0}", "b", "A"] { #expect(!contains(range, row(other, 3))) }
    }
    let between = try query(" AND SK BETWEEN :s AND :t", values: #",":s":{"N":"2"},":t":{"N":"4"}"#)
    for sort in 0...6 { #expect(contains(between, row("a", sort)) == (2...4).contains(sort)) }
  }

  @Test func startKeysExcludeThemselves() throws {
    let start = #","ExclusiveStartKey":{"PK":{"S":"a"},"SK":{"N":"3"}}"#
    let forward = try query("", values: "", rest: start)
    for sort in 0...6 { #expect(contains(forward, row("a", sort)) == (sort > 3)) }
    let backward = try query("", values: "", rest: start + #","ScanIndexForward":false"#)
    #expect(backward.reverse)
    for sort in 0...6 { #expect(contains(backward, row("a", sort)) == (sort < 3)) }
  }

  @Test func lastKeysComeBackAsTheKeyTheyCameFrom() throws {
    let last = row("a\u{0}b", -12)
    let answer = try ask("Scan", #"{"TableName":"pair","Limit":1}"#) { _ in
      .page(RangePage(items: [], count: 0, scannedCount: 1, scannedBytes: 10, last: last))
    }
    #expect(
      answer.text
        == #"{"Items":[],"Count":0,"ScannedCount":1,"LastEvaluatedKey":{"PK":{"S":"a\u0000b"},"SK":{"N":"-12"}}}"#)
    let next = try range(
      "Scan", #"{"TableName":"pair","ExclusiveStartKey":{"PK":{"S":"a\u0000b"},"SK":{"N":"-12"}}}"#)
    #expect(!contains(next, last) && next.lower == ReadSource.after(last))
  }

  @Test(arguments: [1, 2, 3, 7, 1_000_000]) func segmentsCoverTheHashSpaceWithoutOverlap(_ count: Int) {
    var expected: UInt64? = 0
    for index in count > 1_000 ? [0, 1, 499_999, count - 1] : Array(0..<count) {
      let segment = Scan.Segment(index, of: count)
      if count <= 1_000 { #expect(segment.lower == expected) }
      #expect((segment.upper == nil) == (index == count - 1))
      if let upper = segment.upper { #expect(segment.lower < upper) }
      expected = segment.upper
    }
  }

  @Test func countsOmitTheItems() throws {
    let answer = try ask("Scan", #"{"TableName":"pair","Select":"COUNT"}"#) { call in
      guard case .scan(let range) = call, range.countOnly else { return .refreshed }
      return .page(RangePage(items: [], count: 4, scannedCount: 9))
    }
    #expect(answer.text == #"{"Count":4,"ScannedCount":9}"#)
  }
}
