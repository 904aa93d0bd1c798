internal import Bytes
public import Raft

extension Journal {
  /// What recovery could not prove to be whole. A replica of an affected group may have lost records that it had
  /// acknowledged: it must not vote, stand or acknowledge under its old replica id.
  ///
  /// The journal reports it at each start until the owner has removed each affected group (``Journal/remove(_:)``) and,
  /// where all are affected, has said so with ``Journal/forgetDamage()``.
  public struct Damage: Equatable, Sendable {
    /// Whether every group of the node is affected, known to the log or not, except those in `rebuilt`.
    public var affectsAll: Bool
    /// The affected groups, ascending; empty where all are.
    public var groups: [GroupID]
    /// Where all are affected: the groups removed since, ascending. What they hold now was written after the damage.
    public var rebuilt: [GroupID]
    /// For the operator: what was found, by file and sector.
    public var reasons: [String]

    public func affects(_ group: GroupID) -> Bool {
      affectsAll ? !rebuilt.contains(group) : groups.contains(group)
    }
  }
}

/// Damage as replay follows it from record to record.
struct DamageState: Equatable {
  /// More groups than this are recorded as all, so that a damage record stays small.
  static let groupsMax = 64

  var all = false
  var groups: Set<GroupID> = []
  var rebuilt: Set<GroupID> = []

  var isEmpty: Bool { !all && groups.isEmpty }

  /// Records of these groups may be lost; nil where it cannot be told whose.
  mutating func hit(_ hitGroups: [GroupID]?) {
    guard let hitGroups else {
      self = DamageState(all: true)
      return
    }
    if all {
      rebuilt.subtract(hitGroups)
    } else {
      groups.formUnion(hitGroups)
      if groups.count > Self.groupsMax { self = DamageState(all: true) }
    }
  }

  /// The group starts anew: what was lost before is no loss for what comes.
  mutating func removed(_ group: GroupID) {
    groups.remove(group)
    if all && rebuilt.count < Self.groupsMax { rebuilt.insert(group) }
  }

  func report(_ reasons: [String]) -> Journal.Damage? {
    if isEmpty { return nil }
    return Journal.Damage(affectsAll: all, groups: groups.sorted(), rebuilt: rebuilt.sorted(), reasons: reasons)
  }

  init(all: Bool = false) { self.all = all }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    all = try reader.bool()
    groups = Set(try reader.array { (input) throws(MalformedBytes) in GroupID(try input.u32()) })
    rebuilt = Set(try reader.array { (input) throws(MalformedBytes) in GroupID(try input.u32()) })
  }
}
