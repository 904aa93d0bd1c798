import Items
import Load
import Testing

@testable import Comparison

@Suite struct KeyTests {
  @Test func keysAreAsLongAndDiffer() {
    #expect(KeySpace.key(0) == Array("key-00000000".utf8))
    #expect(KeySpace.key(1_234_567) == Array("key-01234567".utf8))
  }

  @Test func bothDialectsNameTheSameKeysAndValuesInTheSameOrder() throws {
    for space in [KeySpace.random(count: 50, seed: 4), .each(count: 7)] {
      var dynamo = ComparisonSource(.put, space, .dynamoDB)
      var etcd = ComparisonSource(.put, space, .etcd)
      for _ in 0..<200 {
        let item = try JSONValue(parsing: dynamo.next().call.body)["Item"]
        let key = try #require(item?["pk"]?["S"]?.text)
        let value = try #require(item?["v"]?["S"]?.text)
        #expect(value.utf8.count == 512)
        #expect(etcd.next().call == EtcdCalls.put(Array(key.utf8), Array(value.utf8)))
      }
    }
  }

  @Test func aGetIsConsistentAndFollowsTheSameKeys() throws {
    let space = KeySpace.random(count: 1_000_000, seed: 5)
    var puts = ComparisonSource(.put, space, .dynamoDB)
    var gets = ComparisonSource(.get, space, .dynamoDB)
    for _ in 0..<50 {
      let get = try JSONValue(parsing: gets.next().call.body)
      #expect(get["ConsistentRead"]?.bool == true)
      #expect(try get["Key"]?["pk"]?["S"]?.text == JSONValue(parsing: puts.next().call.body)["Item"]?["pk"]?["S"]?.text)
    }
  }

  @Test func eachKeyComesOnce() {
    var keys = KeySequence(.each(count: 100))
    #expect(Set((0..<100).map { _ in keys.nextKey() }).count == 100)
  }
}
