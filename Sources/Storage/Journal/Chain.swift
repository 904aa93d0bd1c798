internal import Raft

/// The batches that make up the log, found by following each one's `previous` back from the newest whole batch, and
/// what the sectors prove about everything else.
///
/// What is proven: a batch is written only after the sync of the batch that it names as `previous` returned. So
/// - a sector that names a batch as previous proves that batch synced, and if it is not whole now, it is damaged;
/// - a batch with an unwritten sector was never synced: a sync would have written it;
/// - a sector that is neither intact nor unwritten is no result of a crash, which tears between sectors, and counts as
///   damage wherever a synced batch may have stood.
struct Chain {
  enum Step {
    case batch(FoundBatch)
    /// Synced records are lost here; nil: of any group.
    case damage(groups: [GroupID]?, reason: String)
  }

  /// Oldest first, without `tail`.
  private(set) var steps: [Step] = []
  /// The newest whole batch where no later sector proves it synced: it is copied before anything else happens.
  private(set) var tail: FoundBatch?
  /// Damage after all of it.
  private(set) var tailDamage: [(groups: [GroupID]?, reason: String)] = []
  private(set) var tornBatches = 0
  /// What the next batch names as previous.
  private(set) var lastProven: UInt64 = 0
  /// No batch number seen anywhere is higher.
  private(set) var highestNumber: UInt64 = 0
  /// Segments below are not needed.
  private(set) var oldest: UInt32 = 0

  private let segments: [ScannedSegment]

  /// `segments` ascend by sequence.
  init(_ segments: [ScannedSegment], expectsRecords: Bool) {
    self.segments = segments
    let batches = segments.flatMap(\.batches)
    highestNumber = batches.map(\.number).max() ?? 0
    let end = batches.filter(\.isWhole).max { $0.number < $1.number }
    judgeTail(batches, end: end, expectsRecords: expectsRecords)
    guard let end else {
      oldest = segments.first?.sequence ?? 0
      return
    }
    oldest = min(end.oldest ?? 0, end.segment)
    var whole: [UInt64: FoundBatch] = [:]
    var broken: [UInt64: FoundBatch] = [:]
    for batch in batches where batch.segment >= oldest {
      if batch.isWhole { whole[batch.number] = batch } else { broken[batch.number] = batch }
    }
    if batches.contains(where: { $0.previous == end.number }) {
      lastProven = end.number
      steps.append(.batch(end))
    } else {
      lastProven = end.previous
      tail = end
    }
    walkBack(from: end, whole, broken)
    steps.reverse()
  }

  /// Appends the steps before `end`, newest first.
  private mutating func walkBack(
    from end: FoundBatch, _ whole: [UInt64: FoundBatch], _ broken: [UInt64: FoundBatch]
  ) {
    var current = end
    while !isStart(current) {
      if let before = whole[current.previous] {
        current = before
        steps.append(.batch(before))
        continue
      }
      let lost = broken[current.previous]
      let place = lost.map { "\(Format.name($0.segment)), sector \($0.firstSector)" } ?? "unknown place"
      steps.append(
        .damage(groups: lost?.groups, reason: "batch \(current.previous) was synced and is not whole (\(place))"))
      // The lost batch's own predecessor, or else the newest one before it.
      if let lost, let before = whole[lost.previous] {
        current = before
      } else if let before = whole.values.filter({ $0.number < current.previous }).max(by: { $0.number < $1.number }) {
        current = before
      } else {
        return
      }
      steps.append(.batch(current))
    }
  }

  /// Whether nothing that is needed stands before this batch.
  private func isStart(_ batch: FoundBatch) -> Bool {
    batch.previous == 0 || (batch.segment == oldest && batch.firstSector == 1)
  }

  private mutating func judgeTail(_ batches: [FoundBatch], end: FoundBatch?, expectsRecords: Bool) {
    let endNumber = end?.number ?? 0
    for batch in batches where batch.number > endNumber && !batch.isWhole {
      let place = "\(Format.name(batch.segment)), sector \(batch.firstSector)"
      if batch.previous > endNumber {
        tailDamage.append((nil, "batch \(batch.previous) was synced and is not whole (named by \(place))"))
      } else if batch.hasAltered {
        tailDamage.append((batch.groups, "batch \(batch.number) was altered (\(place))"))
      } else {
        tornBatches += 1
      }
    }
    for segment in segments where segment.sequence >= (end?.segment ?? 0) {
      guard let sector = segment.alteredEnd else { continue }
      tailDamage.append((nil, "\(Format.name(segment.sequence)): sector \(sector) was altered"))
    }
    judgeNames(end: end, expectsRecords: expectsRecords)
  }

  /// Segments are made one after the other, each durable before the next: a gap in the names is a lost file.
  private mutating func judgeNames(end: FoundBatch?, expectsRecords: Bool) {
    var expected = end?.segment ?? 1
    for segment in segments where segment.sequence >= expected {
      if segment.sequence > expected {
        tailDamage.append((nil, "\(Format.name(expected)) is missing"))
      }
      expected = segment.sequence + 1
    }
    if end == nil && expectsRecords { tailDamage.append((nil, "the journal holds no batch")) }
  }
}
