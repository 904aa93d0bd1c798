import Bytes
import Catalog
import Items
import Messages

/// What a table's residency rules mean in one region.
struct ResidencyPlan {
  let residency: Residency
  let key: KeySchema
  /// Nil where the region holds everything.
  let ownRule: Residency.Rule?

  init?(_ settings: TableSettings) {
    guard let replication = settings.replication, let residency = replication.residency else {
      return nil
    }
    self.residency = residency
    key = settings.key
    ownRule = residency.rule(for: replication.region)
  }

  /// Whether the region holds masked copies, and only the rest is written here.
  var holdsCopies: Bool { ownRule != nil }

  func rest(of item: EncodedItem) throws(MalformedBytes) -> EncodedItem {
    try residency.rest(of: item, key)
  }

  func joined(rest: EncodedItem, protected: EncodedItem?) throws(MalformedBytes) -> EncodedItem {
    try residency.joined(rest: rest, protected: protected, key)
  }

  // MARK: Writes in a region of copies

  /// What a put makes of the item that is there: the protected attributes stay, whether it names them or not.
  ///
  /// - Returns: nil where the put would change one of them.
  func put(_ new: EncodedItem, over old: EncodedItem?) throws(MalformedBytes) -> EncodedItem? {
    let given = try residency.protected(of: new, key)
    let held =
      try old.map { (old) throws(MalformedBytes) in try residency.protected(of: old, key) } ?? []
    guard given.allSatisfy({ held.contains($0) }) else { return nil }
    return try joined(rest: new, protected: old)
  }

  /// Whether an update leaves the protected attributes alone.
  func leaves(_ old: AttributeMap, as new: AttributeMap) -> Bool {
    old.elements.filter { residency.protects($0.name, in: key) }
      == new.elements.filter { residency.protects($0.name, in: key) }
  }

  static let refusal =
    "This region holds copies of the table's items in which a residency rule withholds attributes. Those can be written "
    + "only in a region that holds them; a copy names them in its attribute "
    + "\(String(decoding: Residency.marker, as: UTF8.self))."

  // MARK: What leaves

  /// What another region may hold of a full item.
  func copy(
    of item: EncodedItem, for region: String, _ hash: ResidencyHash?
  ) throws(MalformedBytes) -> EncodedItem {
    try residency.copy(of: item, for: region, key, hash: hash)
  }

  /// The change as another region may have it.
  func outgoing(
    _ change: RegionBatch.Change, to region: String, _ hash: ResidencyHash?
  ) throws(MalformedBytes) -> RegionBatch.Change {
    guard let item = change.item else { return change }
    var change = change
    if holdsCopies {
      change.item = try rest(of: item)
      change.protected = .absent
    } else {
      change.item = try copy(of: item, for: region, hash)
    }
    return change
  }

  /// What comes from a region of copies has no say about protected attributes, whatever it says.
  func incoming(
    _ change: RegionBatch.Change, from region: String
  ) throws(MalformedBytes) -> RegionBatch.Change {
    guard residency.rule(for: region) != nil, let item = change.item, change.protected != .absent
    else { return change }
    var change = change
    change.item = try rest(of: item)
    change.protected = .absent
    return change
  }
}
