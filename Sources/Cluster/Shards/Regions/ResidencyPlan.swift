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
      change.protected = try emptiness(of: item, change.protected)
    } else {
      change.item = try copy(of: item, for: region, hash)
    }
    return change
  }

  /// A region of copies knows one thing about the protected attributes: that there were none at some version, because the
  /// item was removed then. The removal itself may have been given up with the changes that waited, so the image that is
  /// sent instead says so.
  private func emptiness(
    of item: EncodedItem, _ protected: GroupVersions.Protected
  ) throws(MalformedBytes) -> GroupVersions.Protected {
    guard case .other = protected, try residency.protected(of: item, key).isEmpty else { return .absent }
    return protected
  }

  /// What comes from a region of copies has no say about protected attributes, whatever it says, but that there were none
  /// at a version that it names: it may remove an item too.
  func incoming(
    _ change: RegionBatch.Change, from region: String
  ) throws(MalformedBytes) -> RegionBatch.Change {
    guard residency.rule(for: region) != nil, let item = change.item else { return change }
    var change = change
    if change.protected != .absent { change.item = try rest(of: item) }
    if change.protected == .same { change.protected = .absent }
    return change
  }
}
