import Catalog
import Environment

extension SimulationOptions {
  /// A region as a seed draws it. The configuration is drawn too: small buffers force the rare paths that large ones reach
  /// after hours.
  static func drawn(seed: UInt64) -> SimulationOptions {
    var random = SeededRandom(seed: seed ^ 0x0F71_0115)
    var options = SimulationOptions(seed: random.next())
    options.nodes = random.chance(1, in: 5) ? 5 : 3
    options.coordinators = 2
    options.shards = 1 + Int(random.below(options.nodes == 5 ? 5 : 4))
    options.clocksDiffer = true
    options.deathIsProven = random.chance(1, in: 2)
    options.coordinatorsLoseMessages = random.chance(1, in: 2)
    options.crashShownAfterMax = [.zero, .milliseconds(300), .seconds(3)][random.index(3)]
    options.stallsPerMillion = random.chance(1, in: 3) ? 2_000 : 0
    if random.chance(1, in: 3) { options.electionTimeMin = .milliseconds(500 + random.below(800)) }
    options.clocksDriftApart = random.chance(1, in: 3)
    options.straysPerMillion = random.chance(1, in: 3) ? 3_000 : 0
    options.drawTimes(&random)
    options.drawSizes(&random)
    // Longer than most cuts, they would hide what is forgotten too early.
    options.traceInterval = .milliseconds(300)
    return options
  }

  /// The regions beside the first one: in five of six seeds there are none. They are small, so that a world of several
  /// costs little more than one region.
  static func drawnBeside(seed: UInt64) -> [SimulationOptions] {
    var random = SeededRandom(seed: seed ^ 0x0E65_10E5)
    guard random.chance(1, in: 6) else { return [] }
    let first = SimulationOptions.drawn(seed: seed)
    return (0..<(random.chance(1, in: 4) ? 2 : 1)).map { _ in
      var options = SimulationOptions(seed: random.next())
      options.nodes = random.chance(1, in: 3) ? 3 : 1
      options.replication = options.nodes
      options.coordinators = 2
      options.shards = 1 + random.index(2)
      options.clocksDiffer = true
      options.drawTimes(&random)
      options.drawSizes(&random)
      options.traceInterval = .milliseconds(300)
      options.tickInterval = .milliseconds(20)
      // What a node may send bounds what another one must take in; settings allow no logs as small as these.
      options.journalSegmentBytes = first.journalSegmentBytes
      options.journalBytesMax = first.journalBytesMax
      return options
    }
  }

  /// In every second world the last region may not see everything.
  static func drawnResidencies(seed: UInt64, regions: Int) -> [TableResidency] {
    var random = SeededRandom(seed: seed ^ 0x0E65_0DEC)
    guard random.chance(1, in: 2) else { return [] }
    let rules = GuardedItem.rules(for: SimulatedWorld.name(regions - 1), &random)
    return [TableResidency(table: GlobalTableCheck.table, residency: rules)]
  }

  /// How messages fare between regions where nothing is wrong.
  static func drawnWeatherBetween(seed: UInt64) -> Weather {
    var random = SeededRandom(seed: seed ^ 0x0E65_0EA7)
    return Weather(
      lossPerMille: [0, 0, 5][random.index(3)], duplicatesPerMille: [0, 5][random.index(2)],
      delayMax: [.milliseconds(1), .milliseconds(20), .milliseconds(150)][random.index(3)])
  }

  private mutating func drawTimes(_ random: inout SeededRandom) {
    networkDelayMax = [.microseconds(200), .milliseconds(2), .milliseconds(10)][random.index(3)]
    jobDelayMax = [.microseconds(300), .milliseconds(3), .milliseconds(20)][random.index(3)]
    tickInterval = .milliseconds(10 + random.below(11))
    idleFlushDelay = [.milliseconds(100), .milliseconds(500), .seconds(5)][random.index(3)]
  }

  private mutating func drawSizes(_ random: inout SeededRandom) {
    overlayBytesMax = [32 << 10, 256 << 10, 16 << 20][random.index(3)]
    storageFlushBytesMin = [1 << 10, 16 << 10, 1 << 20][random.index(3)]
    journalSegmentBytes = [128 << 10, 256 << 10, 512 << 10][random.index(3)]
    journalBytesMax = journalSegmentBytes * [3, 6, 200][random.index(3)]
    snapshotChunkBytes = [512, 8 << 10, 256 << 10][random.index(3)]
    appendedBytesMax = [1 << 10, 16 << 10, 1 << 20][random.index(3)]
    appendedFileBytes = [2 << 10, 32 << 10, 1 << 20][random.index(3)]
    // Where a member that was down for seconds needs snapshots, they come in less time than clients are to wait.
    if journalBytesMax < 1 << 20 { snapshotChunkBytes = max(snapshotChunkBytes, 2 << 10) }
    appendBytesMax = [1, 4 << 10, 1 << 20][random.index(3)]
    inflightAppendsMax = [1, 4, 64][random.index(3)]
    // Entry by entry, each only after the one before, is less than the clients of all checks ask for.
    if appendBytesMax == 1, inflightAppendsMax == 1 { inflightAppendsMax = 4 }
    applyBytesMax = [1, 64 << 10, 4 << 20][random.index(3)]
    storeCacheBytes = [nil, 16 << 10][random.index(2)]
    entryCacheBytesMax = [0, 16 << 10, 16 << 20][random.index(3)]
    streamBytesMax = [nil, nil, 4 << 10][random.index(3)]
    regionFeedBytesMax = [nil, nil, 2 << 10][random.index(3)]
    storePageBytes = [512, 1 << 10, 4 << 10, nil][random.index(4)]
  }
}

extension SeededRandom {
  mutating func index(_ count: Int) -> Int { Int(below(UInt64(count))) }
}
