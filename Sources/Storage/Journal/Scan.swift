internal import Bytes
internal import Environment
internal import Raft

/// One batch as its sectors show it, whole or not.
struct FoundBatch {
  var number: UInt64
  var previous: UInt64
  var segment: UInt32
  var firstSector: Int
  var count: Int
  var hasUnwritten = false
  var hasAltered = false
  /// From its header; nil where that cannot be read.
  var oldest: UInt32?
  var groups: [GroupID]?

  var isWhole: Bool { !hasUnwritten && !hasAltered }
}

/// One segment as recovery finds it.
struct ScannedSegment {
  let sequence: UInt32
  let path: String
  let file: any File
  /// Sectors that it should have.
  let sectors: Int
  var batches: [FoundBatch] = []
  /// First sector after the last whole batch.
  var end = 1
  /// The first altered sector behind the last whole batch where another one may have started; nil where there is none.
  var alteredEnd: Int?

  var isWritten: Bool { !batches.isEmpty || alteredEnd != nil }
}

/// Reads a segment whole and finds its batches.
struct SegmentScan {
  let identity: SegmentIdentity
  let content: [UInt8]
  let sectors: Int

  func run(path: String, file: any File) -> ScannedSegment {
    var segment = ScannedSegment(sequence: identity.sequence, path: path, file: file, sectors: sectors)
    let states = (0..<sectors).map(state)
    var covered = 1
    var sector = 1
    while sector < sectors {
      guard case .current(let tag) = states[sector] else {
        sector += 1
        continue
      }
      let batch = assemble(tag, at: sector, states, covered: covered)
      segment.batches.append(batch)
      covered = max(sector + 1, batch.firstSector + batch.count)
      if batch.isWhole { segment.end = covered }
      sector = covered
    }
    segment.alteredEnd = alteredEnd(segment, states)
    return segment
  }

  /// Batches follow each other without a gap: one may start at the end of the last whole one and of each broken one
  /// behind it. Of a file that was cut within a batch, that one still says whose it is, and those behind it do not.
  private func alteredEnd(_ segment: ScannedSegment, _ states: [SectorState]) -> Int? {
    var starts = [segment.end]
    for batch in segment.batches where batch.firstSector >= segment.end {
      starts.append(batch.firstSector + batch.count)
    }
    return starts.first { start in
      start < sectors && states[start] == .altered
        && !segment.batches.contains { $0.firstSector <= start && start < $0.firstSector + $0.count }
    }
  }

  private func state(_ sector: Int) -> SectorState {
    let start = sector * Format.sectorBytes
    // A sector that the file lost cannot count as unwritten: the whole file was synced before its first use.
    guard start + Format.sectorBytes <= content.count else { return .altered }
    return content.withUnsafeBytes {
      identity.state(of: UnsafeRawBufferPointer(rebasing: $0[start..<start + Format.sectorBytes]), number: sector)
    }
  }

  private func assemble(_ tag: SectorTag, at sector: Int, _ states: [SectorState], covered: Int) -> FoundBatch {
    let first = sector - Int(tag.index)
    let count = Int(tag.count)
    var batch = FoundBatch(
      number: tag.batch, previous: tag.previous, segment: identity.sequence, firstSector: first, count: count)
    guard first >= covered, first + count <= sectors else {
      batch.hasAltered = true
      batch.firstSector = sector
      batch.count = 1
      return batch
    }
    var intact = 0
    for index in 0..<count {
      switch states[first + index] {
      case .unwritten: batch.hasUnwritten = true
      case .current(let other)
      where other.batch == tag.batch && other.previous == tag.previous && other.index == UInt32(index)
        && other.count == tag.count:
        if intact == index { intact += 1 }
      case .altered, .current: batch.hasAltered = true
      }
    }
    readHeader(&batch, intact: intact)
    return batch
  }

  private func readHeader(_ batch: inout FoundBatch, intact: Int) {
    var reader = ByteReader(joinPayloads(content, first: batch.firstSector, count: intact))
    guard let header = try? BatchHeader(from: &reader) else {
      if batch.isWhole { batch.hasAltered = true }
      return
    }
    batch.oldest = header.oldest
    batch.groups = header.groups
  }
}
