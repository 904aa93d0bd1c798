import Bytes
import Environment
import SimulatedDisk
import Testing

@testable import Store

@Suite struct AppendedBlockTests {
  private typealias Row = (key: [UInt8], value: [UInt8])

  private let disk: SimulatedDisk
  private let place: AppendedPlace

  init() throws {
    disk = SimulatedDisk()
    try disk.createDirectory("/node")
    place = .testing(disk)
  }

  private func encode(_ rows: [Row], seed: UInt32) -> [UInt8] {
    var body = ByteWriter()
    for row in rows {
      body.u32(UInt32(row.key.count))
      body.raw(row.key)
      body.u32(UInt32(row.value.count))
      body.raw(row.value)
    }
    var writer = ByteWriter()
    AppendedBlock.encode(body, first: rows.first!.key, last: rows.last!.key, seed: seed, into: &writer)
    return writer.bytes
  }

  private func write(_ bytes: [UInt8], to number: UInt64, at offset: UInt64, on disk: SimulatedDisk) throws {
    try bytes.withUnsafeBytes { try disk.open(place.path(of: number), create: true).write($0, at: offset) }
  }

  private func block(
    _ rows: [Row], _ number: UInt64, _ offset: UInt64, count: Int, on disk: SimulatedDisk
  ) throws -> AppendedRows {
    let place = AppendedPlace.testing(disk)
    let run = AppendedRun(
      first: rows.first!.key, last: rows.last!.key, file: try place.open(number)!, offset: offset, count: count)
    return try AppendedReader(place).rows(of: run)
  }

  private func read(
    _ rows: [Row], _ number: UInt64, _ offset: UInt64, count: Int, on disk: SimulatedDisk
  ) throws -> [Row] {
    let rows = try block(rows, number, offset, count: count, on: disk)
    return (0..<rows.count).map { ([UInt8](copying: rows.key($0)), [UInt8](copying: rows.value($0))) }
  }

  private func head(at offset: UInt64, of number: UInt64, on disk: SimulatedDisk) throws -> AppendedBlock.Head {
    let place = AppendedPlace.testing(disk)
    return try place.head(at: offset, in: try place.open(number)!)
  }

  /// Long keys too, whose block has a head longer than most.
  private static func anyRows(_ random: inout SeededRandom) -> [Row] {
    let length = random.chance(1, in: 3) ? Int(random.below(70_000 / 2)) : Int(random.below(20))
    return (0..<(1 + Int(random.below(30)))).map { number in
      let key = [0xFE, 1] + [UInt8](repeating: 7, count: length) + [UInt8(number)]
      return (key, [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: Int(random.below(900))))
    }
  }

  @Test(arguments: UInt64(1)...60) func aBlockGivesBackItsRows(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let rows = Self.anyRows(&random)
    let (number, offset) = (1 + random.below(9), random.below(5_000))
    let bytes = encode(rows, seed: AppendedBlock.seed(place.identity, number, offset))
    try write(bytes + [1, 2, 3], to: number, at: offset, on: disk)
    let head = try head(at: offset, of: number, on: disk)
    #expect(head.first == rows.first!.key && head.last == rows.last!.key)
    #expect(head.count == bytes.count)
    let found = try read(rows, number, offset, count: bytes.count, on: disk)
    #expect(found.map(\.key) == rows.map(\.key) && found.map(\.value) == rows.map(\.value))
    let block = try block(rows, number, offset, count: bytes.count, on: disk)
    for (index, row) in rows.enumerated() {
      #expect(block.lowerBound(row.key) == index)
      #expect(block.lowerBound(row.key + [0]) == index + 1)
    }
    #expect(block.lowerBound([]) == 0)
  }

  private static let few: [Row] = [([0xFE, 1, 1], [1, 2, 3]), ([0xFE, 1, 2], []), ([0xFE, 1, 2, 0], [9])]

  @Test func everyFlippedBitIsFound() throws {
    let bytes = encode(Self.few, seed: AppendedBlock.seed(place.identity, 3, 40))
    try write(bytes, to: 3, at: 40, on: disk)
    #expect(try read(Self.few, 3, 40, count: bytes.count, on: disk).count == 3)
    let headCount = try head(at: 40, of: 3, on: disk).headCount
    for bit in 0..<bytes.count * 8 {
      let copy = disk.copy()
      copy.flipBit(bit % 8, of: place.path(of: 3), at: 40 + bit / 8)
      #expect(isDamage { _ = try read(Self.few, 3, 40, count: bytes.count, on: copy) }, "bit \(bit), read")
      // What an open does not read it does not see.
      #expect(isDamage { _ = try head(at: 40, of: 3, on: copy) } == (bit / 8 < headCount), "bit \(bit), opened")
    }
  }

  @Test func aBlockThatEndsEarlyIsFound() throws {
    let bytes = encode(Self.few, seed: AppendedBlock.seed(place.identity, 3, 40))
    try write(bytes, to: 3, at: 40, on: disk)
    for count in bytes.indices {
      let copy = disk.copy()
      copy.cut(place.path(of: 3), to: 40 + count)
      #expect(isDamage { _ = try read(Self.few, 3, 40, count: bytes.count, on: copy) }, "\(count) bytes")
    }
  }

  @Test func aBlockOfAnotherFilePlaceOrStoreIsRefused() throws {
    let seeds = [
      AppendedBlock.seed(place.identity, 3, 40), AppendedBlock.seed(place.identity, 4, 40),
      AppendedBlock.seed(place.identity, 3, 41), AppendedBlock.seed(place.identity + 1, 3, 40),
    ]
    for (index, seed) in seeds.enumerated() {
      let bytes = encode(Self.few, seed: seed)
      try write(bytes, to: 3, at: 40, on: disk)
      #expect(isDamage { _ = try read(Self.few, 3, 40, count: bytes.count, on: disk) } == (index > 0))
      #expect(isDamage { _ = try head(at: 40, of: 3, on: disk) } == (index > 0))
    }
  }

  /// The head's checksum does not cover the rows, and theirs not the head.
  @Test func headAndRowsOfTwoBlocksAreNotTakenForOne() throws {
    let others: [Row] = [([0xFE, 1, 1], [3, 2, 1]), ([0xFE, 1, 2], []), ([0xFE, 1, 2, 0], [9])]
    let seed = AppendedBlock.seed(place.identity, 3, 0)
    let (one, other) = (encode(Self.few, seed: seed), encode(others, seed: seed))
    #expect(one.count == other.count)
    try write(one, to: 3, at: 0, on: disk)
    let headCount = try head(at: 0, of: 3, on: disk).headCount
    let mixed = Array(one[..<headCount] + other[headCount...])
    try write(mixed, to: 3, at: 0, on: disk)
    #expect(isDamage { _ = try read(Self.few, 3, 0, count: mixed.count, on: disk) })
  }
}
