import Bytes
import Testing

@Suite struct BytesTests {
  /// Check values: CRC-32C from RFC 3720 appendix B.4, XXH64 from its specification's test vectors.
  @Test func checksumsMatchPublishedVectors() {
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(Hash64.hash([]) == 0xEF46_DB37_51D8_E999)
    #expect(Hash64.hash(Array("abc".utf8)) == 0x44BC_2CF5_AD77_0999)
  }

  @Test func checksumContinues() {
    let bytes = Array("the quick brown fox jumps over the lazy dog".utf8)
    for split in 0...bytes.count {
      let first = CRC32C.checksum(Array(bytes[..<split]))
      #expect(CRC32C.checksum(Array(bytes[split...]), seed: first) == CRC32C.checksum(bytes))
    }
  }

  @Test func varintsComeBack() throws {
    for shift in 0..<64 {
      for value in [UInt64(1) << shift, (UInt64(1) << shift) &- 1, .max >> UInt64(shift)] {
        var writer = ByteWriter()
        writer.varint(value)
        var reader = ByteReader(writer.bytes)
        #expect(try reader.varint() == value)
        #expect(reader.isAtEnd)
      }
    }
  }

  @Test func everyTruncationIsRefused() {
    var writer = ByteWriter()
    writer.string("patient")
    writer.u64(7)
    writer.array([1, 2, 3]) { $0.u32($1) }
    for length in 0..<writer.bytes.count {
      var reader = ByteReader(Array(writer.bytes[..<length]))
      #expect(throws: MalformedBytes.self) {
        _ = try reader.string()
        _ = try reader.u64()
        _ = try reader.array { (input) throws(MalformedBytes) in try input.u32() }
      }
    }
  }
}
