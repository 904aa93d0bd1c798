internal import Environment
internal import Raft

/// One file of the log in memory.
final class Segment {
  struct Usage: Equatable {
    var entries = 0
    var bytes = 0
  }

  let sequence: UInt32
  let path: String
  let file: any File
  let sectors: Int
  /// Where the next batch goes.
  var nextSector: Int
  /// The live entries that lie here, by group.
  private(set) var live: [GroupID: Usage] = [:]
  /// Groups whose newest state record lies here.
  var states = 0

  init(sequence: UInt32, path: String, file: any File, sectors: Int, nextSector: Int = 1) {
    self.sequence = sequence
    self.path = path
    self.file = file
    self.sectors = sectors
    self.nextSector = nextSector
  }

  var bytes: Int { sectors * Format.sectorBytes }

  var isPinned: Bool { states > 0 || !live.isEmpty }

  /// Payload bytes that one more batch may hold.
  var room: Int {
    min((sectors - nextSector) * Format.payloadBytes, Format.batchBytesMax(sectors: sectors))
  }

  func add(_ slot: Slot, of group: GroupID) {
    live[group, default: Usage()].entries += 1
    live[group, default: Usage()].bytes += Int(slot.length)
  }

  func drop(_ slot: Slot, of group: GroupID) {
    guard var usage = live[group], usage.entries > 0 else {
      fatalError("Segment \(sequence) drops an entry of group \(group.rawValue) that it does not hold.")
    }
    usage.entries -= 1
    usage.bytes -= Int(slot.length)
    live[group] = usage.entries == 0 ? nil : usage
  }
}
