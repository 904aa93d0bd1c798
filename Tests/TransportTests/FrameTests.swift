import Bytes
import Environment
import NIOCore
import Testing

@testable import Transport

private let seed = FrameFormat.seed(.consensus, .fromDialer)

private func frames(of lengths: [Int]) -> [[UInt8]] {
  var random = SeededRandom(seed: 11)
  return lengths.map { length in (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
}

private func encode(_ frames: [[UInt8]], pieces: Int = .max) -> [UInt8] {
  var queue = OutboundQueue(seed: seed)
  for frame in frames { queue.append(frame) }
  var output = ByteBuffer()
  while queue.byteCount > 0 { queue.take(min(pieces, queue.byteCount), into: &output) }
  return Array(output.readableBytesView)
}

private func decode(
  _ piece: ArraySlice<UInt8>, with decoder: inout FrameDecoder, into frames: inout [[UInt8]]
) throws {
  try piece.withUnsafeBytes { try decoder.decode($0, into: &frames) }
}

private func decode(_ pieces: [ArraySlice<UInt8>], max: Int = 1 << 20) throws -> [[UInt8]] {
  var decoder = FrameDecoder(seed: seed, frameBytesMax: max)
  var result: [[UInt8]] = []
  for piece in pieces { try decode(piece, with: &decoder, into: &result) }
  #expect(decoder.isAtBoundary)
  return result
}

@Suite struct FrameTests {
  private let sample = frames(of: [0, 1, 7, 8, 9, 0, 40])

  @Test func aFrameIsLengthChecksumPayload() {
    let bytes = encode([[1, 2, 3]])
    #expect(Array(bytes[..<4]) == [0, 0, 0, 3])
    let sum = CRC32C.checksum([0, 0, 0, 3, 1, 2, 3], seed: seed)
    #expect(Array(bytes[4..<8]) == withUnsafeBytes(of: sum.bigEndian) { Array($0) })
    #expect(Array(bytes[8...]) == [1, 2, 3])
  }

  @Test func theQueueGivesTheSameBytesInPiecesOfEverySize() {
    let whole = encode(sample)
    for pieces in 1...whole.count { #expect(encode(sample, pieces: pieces) == whole) }
  }

  @Test func theDecoderGivesTheSameFramesOnEverySplit() throws {
    let bytes = encode(sample)
    for split in 0...bytes.count { #expect(try decode([bytes[..<split], bytes[split...]]) == sample) }
    #expect(try decode(bytes.indices.map { bytes[$0...$0] }) == sample)
  }

  @Test func everyFlippedBitIsRefused() {
    let bytes = encode([[5, 6, 7]])
    for bit in 32..<bytes.count * 8 {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: MalformedBytes.self) { try decode([damaged[...]]) }
    }
  }

  @Test func anotherDirectionOrClassIsRefused() {
    let bytes = encode([[5]])
    for other in [FrameFormat.seed(.consensus, .fromListener), FrameFormat.seed(.bulk, .fromDialer)] {
      var decoder = FrameDecoder(seed: other, frameBytesMax: 10)
      var result: [[UInt8]] = []
      #expect(throws: MalformedBytes.self) { try decode(bytes[...], with: &decoder, into: &result) }
    }
  }

  @Test func aLengthAboveTheCapIsRefusedBeforeItsPayload() {
    let bytes = encode([[UInt8](repeating: 0, count: 11)])
    #expect(throws: MalformedBytes.self) { try decode([bytes[..<8]], max: 10) }
  }

  @Test func aHeaderBlockKeepsToItsLimits() {
    func add(_ block: inout HeaderBlock, _ value: [UInt8]) -> Bool {
      value.withUnsafeBufferPointer { block.add(name: $0, value: $0) }
    }
    var many = HeaderBlock()
    for _ in 0..<64 { #expect(add(&many, [0x61])) }
    #expect(!add(&many, [0x61]))
    var long = HeaderBlock()
    #expect(!add(&long, [UInt8](repeating: 0x61, count: 8192)))
  }
}
