public import Environment

/// Work that keeps segments ready, as a value for a thread (not the one that syncs): zero-fills a new file, gives a
/// dropped one its next identity, or deletes one too many.
///
/// Made by ``Journal/takePreparation()``, given back to ``Journal/completed(_:)``.
public final class JournalPreparation {
  enum Work {
    case create
    case reuse(Segment)
    case delete(Segment)
  }

  enum Outcome {
    case pending
    case ready(Segment)
    case deleted
    case noSpace
  }

  let work: Work
  private let disk: any Disk
  private let directory: String
  private let header: SegmentHeader
  private(set) var outcome = Outcome.pending

  init(_ work: Work, disk: any Disk, directory: String, header: SegmentHeader) {
    self.work = work
    self.disk = disk
    self.directory = directory
    self.header = header
  }

  /// A full disk is an outcome, not an error; any error is final.
  public func perform() throws(DiskError) {
    do {
      switch work {
      case .create: outcome = .ready(try create())
      case .reuse(let segment): outcome = .ready(try reuse(segment))
      case .delete(let segment):
        // Not closed here: a carry that was overtaken may still be reading it.
        try disk.remove(segment.path)
        outcome = .deleted
      }
    } catch {
      guard error.isNoSpace else { throw error }
      outcome = .noSpace
    }
  }

  private func create() throws(DiskError) -> Segment {
    let temporary = directory + "/" + Format.temporaryName
    let file = try disk.open(temporary, create: true)
    do {
      try file.truncate(to: 0)
      try fill(file)
    } catch {
      file.close()
      if error.isNoSpace { try disk.remove(temporary) }
      throw error
    }
    return try publish(file, from: temporary)
  }

  private func fill(_ file: any File) throws(DiskError) {
    let total = Int(header.bytes)
    let zeros = [UInt8](repeating: 0, count: min(total, 1 << 20))
    var offset = 0
    while offset < total {
      let count = min(zeros.count, total - offset)
      try writeAll(file, count == zeros.count ? zeros : Array(zeros[..<count]), at: offset)
      offset += count
    }
    try writeAll(file, header.encode(), at: 0)
    try file.sync()
  }

  /// The old name stays in force until the rename; under it nothing was needed any more.
  private func reuse(_ segment: Segment) throws(DiskError) -> Segment {
    Probes.hit(.segmentIsUsedAgain)
    try writeAll(segment.file, header.encode(), at: 0)
    try segment.file.sync()
    return try publish(segment.file, from: segment.path)
  }

  private func publish(_ file: any File, from path: String) throws(DiskError) -> Segment {
    let final = directory + "/" + Format.name(header.sequence)
    try disk.rename(path, to: final)
    do { try disk.syncDirectory(directory) } catch {
      // Nobody knows which of the names is durable, whatever the reason: never an outcome to go on with.
      throw DiskError(.inputOutput, error.description)
    }
    return Segment(
      sequence: header.sequence, path: final, file: file, sectors: Int(header.bytes) / Format.sectorBytes)
  }
}
