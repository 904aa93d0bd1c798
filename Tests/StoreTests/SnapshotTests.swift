import Bytes
import Environment
import Raft
import SimulatedDisk
import Testing

@testable import Store

@Suite struct SnapshotTests {
  /// A leader's store of 60 entries and more, and a follower that stands at entry 10.
  private func worlds(seed: UInt64) throws -> (leader: StoreWorld, follower: StoreWorld) {
    var leader = try StoreWorld(SimulatedDisk(), seed: seed)
    leader.apply(60)
    leader.run(leader.flushJob())
    leader.apply(Int(leader.random.below(30)))
    var follower = try StoreWorld(SimulatedDisk(), seed: seed + 1000)
    follower.apply(10)
    follower.run(follower.flushJob())
    return (leader, follower)
  }

  @Test(arguments: 1...12) func theBuiltStoreEqualsTheViewWhateverIsWrittenMeanwhile(seed: UInt64) throws {
    var (leader, follower) = try worlds(seed: seed)
    let bytesMax = 1 + Int(leader.random.below(30_000))
    let snapshot = try TestSnapshot(of: &leader, bytesMax: bytesMax) { world in
      world.apply(3)
      if world.random.chance(1, in: 2) { world.run(world.flushJob()) }
      if world.random.chance(1, in: 4) { world.run(world.store.checkpoint()) }
    }
    try snapshot.install(beside: follower.store)
    try follower.open(snapshot)
    try follower.check()
    // Life goes on, in this process and in the next ones.
    follower.apply(10)
    #expect(follower.run(follower.flushJob()) == nil)
    #expect(follower.run(follower.store.checkpoint()) == nil)
    follower.store.close()
    try follower.reopen()
    try follower.check()
    #expect(follower.store.installedSnapshot == snapshot.position)
  }

  @Test func anEmptyStoreIsOneChunkWithoutRows() throws {
    var leader = try StoreWorld(SimulatedDisk(), seed: 1)
    let snapshot = try TestSnapshot(of: &leader, bytesMax: 100)
    #expect(snapshot.chunks.count == 1)
    #expect(try snapshot.chunk(0).lastKey == nil)
    var follower = try StoreWorld(SimulatedDisk(), seed: 2)
    follower.apply(20)
    let later = TestSnapshot(chunks: snapshot.chunks, position: LogPosition(index: 30, term: 4))
    try later.install(beside: follower.store)
    try follower.open(later)
    try follower.check()
  }

  @Test func everyFlippedBitAndEveryTruncationOfAChunkIsRefused() throws {
    var (leader, _) = try worlds(seed: 3)
    let bytes = try TestSnapshot(of: &leader, bytesMax: 900).chunks[0]
    func isRefused(_ bytes: [UInt8]) -> Bool {
      (try? SnapshotChunk(bytes, identity: TestSnapshot.identity, sequence: 0)) == nil
    }
    #expect(!isRefused(bytes))
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(isRefused(flipped))
    }
    for count in bytes.indices { #expect(isRefused(Array(bytes[..<count]))) }
    #expect(isRefused(bytes + [0]))
  }

  @Test func aChunkOfAnotherSnapshotOrAnotherPlaceIsRefused() throws {
    var (leader, _) = try worlds(seed: 4)
    let chunks = try TestSnapshot(of: &leader, bytesMax: 900).chunks
    for (place, bytes) in chunks.enumerated() {
      for other in chunks.indices where other != place {
        #expect(throws: MalformedBytes.self) {
          try SnapshotChunk(bytes, identity: TestSnapshot.identity, sequence: UInt64(other))
        }
      }
      #expect(throws: MalformedBytes.self) {
        try SnapshotChunk(bytes, identity: TestSnapshot.identity + 1, sequence: UInt64(place))
      }
    }
  }

  /// Whoever computes a checksum can write anything behind it: what it says is checked nonetheless.
  @Test func aChunkWithKeysOutOfOrderOrAWrongCountIsRefused() throws {
    func row(_ key: UInt8) -> [UInt8] { [0, 0, 0, 1, key, 0, 0, 0, 0] }
    func isRefused(_ rows: [UInt8], count: Int) -> Bool {
      let bytes = SnapshotChunk(rows: rows, count: count, lastKey: nil, isLast: true).encode(identity: 1, sequence: 1)
      return (try? SnapshotChunk(bytes, identity: 1, sequence: 1)) == nil
    }
    #expect(!isRefused(row(1) + row(2), count: 2))
    #expect(isRefused(row(2) + row(1), count: 2))
    #expect(isRefused(row(1) + row(1), count: 2))
    #expect(isRefused(row(1) + row(2), count: 1))
    #expect(isRefused(row(1) + [0], count: 1))
    #expect(isRefused([0xFF, 0xFF, 0xFF, 0xFF, 1], count: 1))
  }

  @Test func chunksThatOverlapAreRefusedByTheBuilder() throws {
    var (leader, follower) = try worlds(seed: 5)
    let snapshot = try TestSnapshot(of: &leader, bytesMax: 900)
    let builder = try snapshot.builder(beside: follower.store)
    try builder.add(snapshot.chunk(0))
    #expect { try builder.add(snapshot.chunk(0)) } throws: { ($0 as? StoreError)?.kind == .format }
    try builder.abandon()
    try follower.check()
  }

  @Test func anAbandonedBuildLeavesNoFile() throws {
    var (leader, follower) = try worlds(seed: 6)
    let disk = follower.disk as! SimulatedDisk
    let before = disk.paths
    let snapshot = try TestSnapshot(of: &leader, bytesMax: 900)
    let builder = try snapshot.builder(beside: follower.store)
    for sequence in 0..<3 { try builder.add(snapshot.chunk(sequence)) }
    #expect(disk.paths != before)
    try builder.abandon()
    #expect(disk.paths == before)
    follower.apply(5)
    #expect(follower.run(follower.flushJob()) == nil)
    try follower.check()
  }

  @Test func viewsOfTheOldStoreStayWholeAfterASwitch() throws {
    var (leader, follower) = try worlds(seed: 7)
    let snapshot = try TestSnapshot(of: &leader, bytesMax: 2_000)
    follower.apply(5)
    let view = try follower.store.view()
    let old = follower
    try snapshot.install(beside: follower.store)
    try follower.open(snapshot)
    old.store.close()
    #expect(try old.all { try view.scan(from: [], to: nil, reverse: $0, $1) } == old.rows)
    try old.checkGets { try view.get($0) }
    view.close()
    try follower.check()
    let files = (follower.disk as! SimulatedDisk).paths
    #expect(!files.contains { $0.contains("shard.1.db") })
  }

  @Test func theLiveStoreWorksOnBesideABuild() throws {
    var (leader, follower) = try worlds(seed: 8)
    let snapshot = try TestSnapshot(of: &leader, bytesMax: 900)
    let builder = try snapshot.builder(beside: follower.store)
    for sequence in snapshot.chunks.indices {
      try builder.add(snapshot.chunk(sequence))
      follower.apply(1)
      #expect(follower.run(follower.flushJob()) == nil)
      #expect(follower.run(follower.store.checkpoint()) == nil)
      try follower.check()
    }
    try builder.finish(position: snapshot.position, metadata: snapshot.metadata)
    try builder.install()
    try follower.open(snapshot)
    try follower.check()
  }

  @Test func pagesOfOneGenerationAreNotTakenForThoseOfAnother() {
    let identities = (1...8).map { StoreFiles(generation: $0, StoreConfiguration(seed: 11)).identity }
    #expect(Set(identities).count == identities.count)
  }

  /// Format 2 has a snapshot's position, and neither has a page size.
  @Test(arguments: [(format: UInt8(1), bytes: 26), (2, 42)])
  func aCurrentOfAnEarlierFormatIsStillRead(format: UInt8, bytes count: Int) throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 9, pageBytes: 4_096)
    world.configuration.pageBytes = 8_192
    world.apply(20)
    world.run(world.flushJob())
    world.store.close()
    let path = "\(StoreWorld.directory)/CURRENT"
    var bytes = Array(disk.content(path)![..<count])
    bytes[9] = format
    var writer = ByteWriter()
    writer.raw(bytes)
    writer.u32(CRC32C.checksum(bytes))
    let file = try disk.open(path, create: false)
    try file.truncate(to: 0)
    try writer.bytes.withUnsafeBytes { try file.write($0, at: 0) }
    try world.reopen()
    #expect(world.store.installedSnapshot == nil)
    try world.check()
  }

  @Test func anErasedDirectoryHasNoStore() throws {
    let disk = SimulatedDisk()
    var world = try StoreWorld(disk, seed: 10)
    world.apply(20)
    world.run(world.flushJob())
    let view = try world.store.view()
    let rows = world.rows
    world.store.close()
    try ShardStore.erase(disk: disk, directory: StoreWorld.directory)
    #expect(disk.paths.isEmpty)
    #expect(try world.all { try view.scan(from: [], to: nil, reverse: $0, $1) } == rows)
    view.close()
    world = try StoreWorld(disk, seed: 11)
    #expect(world.store.isNew)
    try world.check()
    try ShardStore.erase(disk: disk, directory: "/node/none")
  }
}

extension TestSnapshot {
  init(chunks: [[UInt8]], position: LogPosition) {
    self.chunks = chunks
    self.position = position
    rows = [:]
  }
}
