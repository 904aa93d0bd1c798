/// Times and sizes of a node process: what a drill may want otherwise. A settings file has them beside its other keys, a
/// topology as the group `nodeSettings`.
public struct NodeTuning: Equatable, Sendable {
  public var heartbeatMs = 60
  public var electionMinMs = 300
  public var electionMaxMs = 600
  public var overlayBytesMax = 268_435_456
  public var journalSegmentBytes = 16_777_216
  public var journalBytesMax = 201_326_592
  public var indexDelayMs = 0
  public var streamRetentionMs = 86_400_000
  public var streamBytesMax = 1_073_741_824
  public var regionFeedBytesMax = 1_073_741_824
  public var replicaRemovalMs = 72_000_000
  public var balanceLeaders = true
  public var scrubIntervalMs = 3_600_000

  public init() {}

  public static let keys: [SettingKey] = [
    SettingKey(
      "heartbeatMs", .integer(unit: "milliseconds", 5...10_000), default: "60",
      "How often a leader is heard. Too long for electionMinMs: elections without cause."),
    SettingKey(
      "electionMinMs", .integer(unit: "milliseconds", 20...60_000), default: "300",
      "A follower stands after at least this silence. Too short: a busy machine loses its leaders."),
    SettingKey(
      "electionMaxMs", .integer(unit: "milliseconds", 40...120_000), default: "600",
      "A follower stands after at most this silence. Too close to electionMinMs: split votes."),
    SettingKey(
      "overlayBytesMax", .integer(unit: "bytes", 1_048_576...68_719_476_736), default: "268435456",
      "Memory for writes applied but not yet in SQLite. Reached: writes wait for the flush."),
    SettingKey(
      "journalSegmentBytes", .integer(unit: "bytes", 4_194_304...1_073_741_824), default: "16777216",
      "Size of one log segment. It bounds one entry, and is what the log grows by."),
    SettingKey(
      "journalBytesMax", .integer(unit: "bytes", 16_777_216...1_099_511_627_776), default: "201326592",
      "Log kept for replicas that lag. Behind it they are sent the whole state; at least four segments."),
    SettingKey(
      "indexDelayMs", .integer(unit: "milliseconds", 0...60_000), default: "0",
      "How old changes are when they leave for global indexes. For tests: readers of an index then find it behind."),
    SettingKey(
      "streamRetentionMs", .integer(unit: "milliseconds", 1_000...604_800_000), default: "86400000",
      "How long stream records are kept. Shorter than a reader's pause: it finds them trimmed."),
    SettingKey(
      "streamBytesMax", .integer(unit: "bytes", 65_536...1_099_511_627_776), default: "1073741824",
      "Stream records kept by one shard. Reached: the oldest go early, and slow readers find them trimmed."),
    SettingKey(
      "regionFeedBytesMax", .integer(unit: "bytes", 65_536...1_099_511_627_776), default: "1073741824",
      "Changes of a table that one shard keeps for a region that does not take them. Beyond it the region gets what the "
        + "table holds."),
    SettingKey(
      "replicaRemovalMs", .integer(unit: "ms", 100...2_592_000_000), default: "72000000",
      "How long a replica that is removed may take to send what it took in. Then it is given up; once its region is there "
        + "again, that has a table of its own."),
    SettingKey(
      "balanceLeaders", .flag, default: "true",
      "Leaders spread over the nodes. false: they stay where elections put them, perhaps all on one node."),
    SettingKey(
      "scrubIntervalMs", .integer(unit: "milliseconds", 0...2_592_000_000), default: "3600000",
      "How often the replicas of a shard that was written to are compared; 0: never. Too seldom: what a disk lost unseen "
        + "stays until both other copies are gone."),
  ]

  /// Reads the keys of ``keys`` in a section that knows them.
  public init(_ section: SettingsSection) throws(SettingsError) {
    heartbeatMs = try section.integer("heartbeatMs")
    electionMinMs = try section.integer("electionMinMs")
    electionMaxMs = try section.integer("electionMaxMs")
    overlayBytesMax = try section.integer("overlayBytesMax")
    journalSegmentBytes = try section.integer("journalSegmentBytes")
    journalBytesMax = try section.integer("journalBytesMax")
    indexDelayMs = try section.integer("indexDelayMs")
    streamRetentionMs = try section.integer("streamRetentionMs")
    streamBytesMax = try section.integer("streamBytesMax")
    regionFeedBytesMax = try section.integer("regionFeedBytesMax")
    replicaRemovalMs = try section.integer("replicaRemovalMs")
    balanceLeaders = try section.flag("balanceLeaders")
    scrubIntervalMs = try section.integer("scrubIntervalMs")
  }

  /// Refuses combinations that no single key shows to be wrong.
  ///
  /// - Parameter line: of the group that has the keys; nil for a whole file.
  public func validate(file: String, line: Int? = nil) throws(SettingsError) {
    guard journalBytesMax >= 4 * journalSegmentBytes else {
      throw SettingsError(
        file: file, line: line,
        "'journalBytesMax' is \(journalBytesMax); it must be at least four segments (\(4 * journalSegmentBytes) bytes)")
    }
    guard electionMinMs >= 3 * heartbeatMs else {
      throw SettingsError(
        file: file, line: line,
        "'electionMinMs' is \(electionMinMs) ms; it must be at least three heartbeats (\(3 * heartbeatMs) ms), "
          + "else one late heartbeat starts an election")
    }
    guard electionMaxMs * 2 >= electionMinMs * 3 else {
      throw SettingsError(
        file: file, line: line,
        "'electionMaxMs' is \(electionMaxMs) ms; it must be at least half as long again as electionMinMs "
          + "(\(electionMinMs) ms), else votes split")
    }
  }

  /// As lines of a settings file. What is as it is by default is left out: a release that does not know a key refuses it.
  var yaml: String {
    let standard = NodeTuning()
    var lines = ""
    func line<Value: Equatable>(_ name: String, _ value: KeyPath<NodeTuning, Value>) {
      if self[keyPath: value] != standard[keyPath: value] { lines += "\(name): \(self[keyPath: value])\n" }
    }
    line("heartbeatMs", \.heartbeatMs)
    line("electionMinMs", \.electionMinMs)
    line("electionMaxMs", \.electionMaxMs)
    line("overlayBytesMax", \.overlayBytesMax)
    line("journalSegmentBytes", \.journalSegmentBytes)
    line("journalBytesMax", \.journalBytesMax)
    line("indexDelayMs", \.indexDelayMs)
    line("streamRetentionMs", \.streamRetentionMs)
    line("streamBytesMax", \.streamBytesMax)
    line("regionFeedBytesMax", \.regionFeedBytesMax)
    line("replicaRemovalMs", \.replicaRemovalMs)
    line("balanceLeaders", \.balanceLeaders)
    line("scrubIntervalMs", \.scrubIntervalMs)
    return lines
  }
}
