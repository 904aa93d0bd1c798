/// The sizes of a node's journal, and what ties its files to one cluster.
public struct JournalConfiguration: Sendable {
  /// Bytes of a newly made segment; a multiple of 512, at least 8,192. May grow between starts; where it shrank, the
  /// larger size of the files that exist stays in force.
  public var segmentBytes: Int
  /// Most payload bytes of one entry; at most a quarter of a segment. A larger entry is a bug and traps.
  public var entryBytesMax: Int
  /// Every record's checksum starts with it, so that files of another cluster or node never parse. Never changes.
  public var salt: UInt64
  /// Zero-filled segments kept ready. The last one is the reserve that lets votes and truncations through when the
  /// disk is full; below two there is none.
  public var sparesMin: Int
  /// Dropped segments kept for re-use; more are deleted.
  public var freeSegmentsMax: Int
  /// Most bytes of newest entries that ``Journal/open(disk:directory:configuration:)`` returns for each group.
  public var recoveryTailBytes: Int
  /// Set when the node has run before: an empty directory is damage then, not a new journal.
  public var expectsRecords: Bool

  public init(
    segmentBytes: Int = 16 << 20, entryBytesMax: Int? = nil, salt: UInt64 = 0, sparesMin: Int = 2,
    freeSegmentsMax: Int = 4, recoveryTailBytes: Int = 1 << 20, expectsRecords: Bool = false
  ) {
    self.segmentBytes = segmentBytes
    self.entryBytesMax = entryBytesMax ?? min(1 << 20, segmentBytes / 4)
    self.salt = salt
    self.sparesMin = sparesMin
    self.freeSegmentsMax = freeSegmentsMax
    self.recoveryTailBytes = recoveryTailBytes
    self.expectsRecords = expectsRecords
  }

  /// Throws ``JournalError/Kind/configuration`` with the setting at fault.
  public func validate() throws(JournalError) {
    func check(_ holds: Bool, _ sentence: String) throws(JournalError) {
      if !holds { throw JournalError(.configuration, sentence) }
    }
    try check(segmentBytes % Format.sectorBytes == 0, "segmentBytes must be a multiple of 512")
    try check(segmentBytes >= 16 * Format.sectorBytes, "segmentBytes must be at least 8,192")
    try check(segmentBytes <= 1 << 30, "segmentBytes must be at most 1 GiB")
    try check(entryBytesMax > 0 && entryBytesMax <= segmentBytes / 4, "entryBytesMax must be 1…segmentBytes/4")
    try check(sparesMin >= 1, "sparesMin must be at least 1")
    try check(freeSegmentsMax >= 0 && recoveryTailBytes >= 0, "sizes must not be negative")
  }
}
