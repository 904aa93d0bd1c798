import Load
import Testing

@testable import Comparison

@Suite struct ProtobufTests {
  /// Bytes as `protoc` encodes them: tag, length, bytes.
  @Test func aPutRequestHasKeyAndValue() {
    let call = EtcdCalls.put(Array("k1".utf8), Array("v".utf8))
    #expect(call.method == "/etcdserverpb.KV/Put")
    #expect(call.body == [0x0A, 2, 0x6B, 0x31, 0x12, 1, 0x76])
  }

  @Test func longValuesHaveLengthsOfSeveralBytes() {
    let call = EtcdCalls.put([7], [UInt8](repeating: 1, count: 512))
    #expect(call.body.prefix(6) == [0x0A, 1, 7, 0x12, 0x80, 0x04])
    #expect(call.body.count == 6 + 512)
  }

  /// No field 7, `serializable`: so the read is linearizable.
  @Test func aRangeRequestHasTheKeyOnly() {
    #expect(EtcdCalls.get([0x61]).body == [0x0A, 1, 0x61])
  }

  @Test func rowsAreFoundInTheirField() {
    // header { cluster_id = 1 }, kvs, count = 1.
    let found: [UInt8] = [0x0A, 2, 0x08, 1, 0x12, 3, 0x0A, 1, 0x61, 0x20, 1]
    #expect(found.withUnsafeBytes(EtcdCalls.hasRow))
    // A header that holds the byte of that tag, and no row.
    let empty: [UInt8] = [0x0A, 2, 0x12, 0]
    #expect(!empty.withUnsafeBytes(EtcdCalls.hasRow))
    #expect(![UInt8]().withUnsafeBytes(EtcdCalls.hasRow))
    for length in 1..<5 { #expect(!found[..<length].withUnsafeBytes(EtcdCalls.hasRow)) }
  }
}
