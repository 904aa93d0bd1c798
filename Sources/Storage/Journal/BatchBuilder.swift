internal import Bytes
internal import Raft

/// Collects the records of one batch. Positions become slots when it is closed: the header's length is known then.
struct BatchBuilder {
  struct Place {
    let group: GroupID
    let index: LogIndex
    let start: Int
    let length: Int
    /// Where a copied entry lay; nil for a new one.
    let from: Slot?
  }

  private(set) var writer = ByteWriter()
  private(set) var groups: Set<GroupID> = []
  private(set) var places: [Place] = []
  private(set) var states: [GroupID] = []
  let room: Int

  init(room: Int) { self.room = room }

  func fits(_ recordBytes: Int) -> Bool {
    BatchHeader.bytesMax(groups: groups.count + 1) + writer.count + recordBytes <= room
  }

  mutating func add(_ entry: Entry, of group: GroupID, from: Slot?) {
    let start = writer.count
    Record.write(entry, of: group, isCopy: from != nil, into: &writer)
    places.append(Place(group: group, index: entry.index, start: start, length: writer.count - start, from: from))
    groups.insert(group)
  }

  mutating func add(_ state: GroupState, of group: GroupID, isReset: Bool) {
    Record.write(state, of: group, isReset: isReset, into: &writer)
    groups.insert(group)
    states.append(group)
  }

  mutating func addRemoval(of group: GroupID) {
    Record.writeRemoval(of: group, into: &writer)
    groups.insert(group)
  }

  mutating func add(_ damage: DamageState) { Record.write(damage, into: &writer) }
}
