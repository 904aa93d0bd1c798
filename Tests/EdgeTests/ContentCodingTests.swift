import NIOCore
import Testing

@testable import Edge

/// Packed bodies, both ways.
@Suite struct ContentCodingTests {
  private let text = Array(String(repeating: #"{"TableName":"patients"}"#, count: 200).utf8)

  private func unpack(_ coding: ContentCoding, _ bytes: [UInt8], bytesMax: Int = 1 << 20) throws -> [UInt8] {
    Array(try coding.unpack(ByteBuffer(bytes: bytes), bytesMax: bytesMax).readableBytesView)
  }

  @Test(arguments: [ContentCoding.gzip, .deflate]) func whatIsPackedIsUnpacked(coding: ContentCoding) throws {
    for body in [[], [7], text] {
      #expect(try unpack(coding, coding.pack(body)) == body)
    }
    #expect(coding.pack(text).count < text.count / 10)
  }

  @Test(arguments: [ContentCoding.gzip, .deflate]) func everyTruncationIsRefused(coding: ContentCoding) {
    let packed = coding.pack(text)
    for length in packed.indices {
      #expect(throws: ContentCoding.Fault.malformed) { try unpack(coding, Array(packed[..<length])) }
    }
  }

  @Test func severalGzipMembersAreOneBody() throws {
    let packed = ContentCoding.gzip.pack(Array("ab".utf8)) + ContentCoding.gzip.pack(Array("cd".utf8))
    #expect(try unpack(.gzip, packed) == Array("abcd".utf8))
    #expect(throws: ContentCoding.Fault.malformed) { try unpack(.gzip, packed + Array("junk".utf8)) }
    #expect(throws: ContentCoding.Fault.malformed) { try unpack(.deflate, packed) }
  }

  /// A small body must not become a large one.
  @Test func aBodyThatUnpacksToTooMuchIsRefused() throws {
    let bomb = ContentCoding.gzip.pack([UInt8](repeating: 0, count: 8 << 20))
    #expect(bomb.count < 64 << 10)
    #expect(throws: ContentCoding.Fault.tooLarge) { try unpack(.gzip, bomb, bytesMax: 1 << 20) }
    #expect(try unpack(.gzip, bomb, bytesMax: 8 << 20).count == 8 << 20)
  }

  @Test(arguments: [
    ("gzip, deflate", ContentCoding.gzip), ("br, identity, deflate, gzip", .deflate), ("GZIP, identity", .gzip),
    ("dog, gzip ,, cat", .gzip), ("gzip;q=0.8, deflate;q=0.5", .gzip), ("deflate;q=0.5, gzip;q=0.2", .deflate),
    ("gzip;q=0, deflate; q = 0.5 ", .deflate), ("*", .gzip), ("*, deflate;q=0.5", .gzip), ("*, deflate", .deflate),
    ("*, gzip;q=0.5", .deflate), ("*;q=0.5,identity", .gzip), ("gzip;q=31,deflate;q=51", .gzip),
    ("deflate;q=0.5, gzip;q=1;q=0.2", .gzip), ("deflate;q=0.5,gzip;q=0.", .deflate),
    ("deflate;q=0.5,gzip;q=0.x", .gzip), ("deflate;q=-0.5,gzip;q=0.2", .gzip), ("gzip;q =0;q=1", .gzip),
    ("gzip;q=0, gzip;q=1, gzip;q=0", .gzip), ("br,identity;q=0.5,gzip;q=0.0001", .gzip),
  ]) func theCodingThatTheClientLikesBestIsUsed(header: String, coding: ContentCoding) {
    #expect(ContentCoding.preferred(header) == coding)
  }

  @Test(arguments: [
    "", "identity", "br", "x-gzip", "gzip ;q=0", "gzip;q=0.0", "*;q=0", "identity;q=0", "\"gzip\"", "gzip br",
    "gzip:q=1",
    "gzip;q= 0;q=1", "gzip;nq=0;q=1",
  ]) func withoutAKnownCodingNothingIsPacked(header: String) {
    #expect(ContentCoding.preferred(header) == nil)
  }

  @Test func onlyLongAnswersOfTheAPIArePacked() {
    var short = HTTPAnswer(status: 200, style: .amazon, body: Array("short".utf8))
    short.pack(.gzip)
    #expect(short.body == Array("short".utf8) && short.headers.isEmpty)
    var long = HTTPAnswer(status: 200, style: .amazon, body: text)
    long.pack(.gzip)
    #expect(long.body.count < text.count && long.headers.first?.value == "gzip")
    var page = HTTPAnswer(status: 200, style: .plain, body: text)
    page.pack(.gzip)
    #expect(page.body == text)
  }
}
