import Bytes
import Messages

/// Where other regions stand as readers of a table's feed.
extension FeedState {
  public struct Region: Equatable, Sendable {
    public var name: String
    /// Every change up to here has arrived there, or is not for it.
    public var cursor: UInt64
    /// What the table held when the region got its replica: items first, then the versions of those that were removed.
    public var filling: Filling
    /// Ascending by shard.
    public var reached: [RegionAdvance.Reached] = []
  }

  public func region(_ name: String) -> Region? { regions.first { $0.name == name } }

  /// Whether all that the table held when the region got its replica has arrived there.
  public func isCopied(to name: String) -> Bool {
    guard let region = region(name), case .walked(let through) = region.filling else { return false }
    return region.cursor >= through
  }

  /// Takes the regions that settings name at that place.
  ///
  /// - Parameter isNew: the table has no items yet.
  mutating func follow(regions names: [String], at sequence: UInt64, isNew: Bool) {
    regions.removeAll { !names.contains($0.name) }
    for name in names where region(name) == nil {
      regions.append(
        Region(name: name, cursor: sequence, filling: isNew ? .walked(through: 0) : .walking(after: nil)))
    }
    regions.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  mutating func advance(_ advance: RegionAdvance) {
    guard let place = regions.firstIndex(where: { $0.name == advance.region }) else { return }
    regions[place].cursor = max(regions[place].cursor, advance.through)
    for new in advance.reached {
      let at = regions[place].reached.firstIndex { $0.shard >= new.shard } ?? regions[place].reached.count
      if at < regions[place].reached.count, regions[place].reached[at].shard == new.shard {
        regions[place].reached[at].sequence = max(regions[place].reached[at].sequence, new.sequence)
      } else {
        regions[place].reached.insert(new, at: at)
      }
    }
  }

  /// What each of its shards has taken stays known, so that batches follow on each other.
  mutating func refill(_ name: String) {
    guard let place = regions.firstIndex(where: { $0.name == name }) else { return }
    regions[place].cursor = max(regions[place].cursor, end)
    regions[place].filling = .walking(after: nil)
  }

  mutating func set(_ filling: Filling, ofRegion name: String) {
    guard let place = regions.firstIndex(where: { $0.name == name }) else { return }
    regions[place].filling = filling
  }
}

/// ```
/// name (string) | cursor (varint) | filling | reached (array)
/// ```
extension FeedState.Region {
  func encode(into writer: inout ByteWriter) {
    writer.string(name)
    writer.varint(cursor)
    filling.encode(into: &writer)
    writer.array(reached) { $1.encode(into: &$0) }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    name = try reader.string()
    cursor = try reader.varint()
    filling = try FeedState.Filling(from: &reader)
    reached = try reader.array { (input) throws(MalformedBytes) in try RegionAdvance.Reached(from: &input) }
  }
}
