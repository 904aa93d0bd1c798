internal import Environment
public import Raft

/// Live entries of one group read back from the oldest segment, to be appended again so that the segment is freed.
///
/// Made by ``Journal/takeCarry(bytesMax:)``, given back to ``Journal/completed(_:)``; ``perform()`` only reads.
public final class JournalCarry {
  struct Item {
    let index: LogIndex
    let term: Term
    let slot: Slot
    var result: Result<Entry, JournalError>?
  }

  public let group: GroupID
  private(set) var items: [Item]
  private let file: any File
  private let salt: UInt64

  init(group: GroupID, items: [Item], file: any File, salt: UInt64) {
    self.group = group
    self.items = items
    self.file = file
    self.salt = salt
  }

  /// Reads the entries. What cannot be read is judged at the end: the segment may have been dropped and re-used
  /// meanwhile, and then nobody needs it.
  public func perform() {
    var reader = SegmentReader(salt: salt)
    for position in items.indices {
      let item = items[position]
      do throws(JournalError) {
        let entry = try reader.entry(item.slot, in: file, group: group, index: item.index, term: item.term)
        items[position].result = .success(entry)
      } catch {
        items[position].result = .failure(error)
      }
    }
  }
}
