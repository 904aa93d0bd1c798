import Bytes
import Testing

@testable import Expressions

/// *Reserved words in DynamoDB*, Developer Guide.
@Suite struct ReservedWordTests {
  /// Count and sum were taken from a published copy of the list, not from ours.
  @Test func theyAreThoseThatAreDocumented() {
    let words = ReservedWords.sorted
    #expect(words.count == 573)
    #expect(Set(words).count == words.count)
    #expect(CRC32C.checksum(Array(words.joined(separator: [0x20]))) == 0x2218_4F4B)
  }

  @Test func eachIsFoundInAnyCaseAndNothingElseIs() {
    for word in ReservedWords.sorted {
      #expect(ReservedWords.contains(word))
      #expect(ReservedWords.contains(word.map { $0 | 0x20 }))
      // No two neighbours differ by a trailing underscore.
      #expect(!ReservedWords.contains(word + [0x5F]))
    }
    #expect(!ReservedWords.contains([]))
  }
}
