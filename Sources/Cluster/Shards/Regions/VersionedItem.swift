import Bytes
import Catalog
import Environment
import Items
import Messages

/// An item, or the trace of one, with the versions of its groups.
struct VersionedItem: Equatable {
  var item: EncodedItem?
  var versions: GroupVersions
}

/// Which version stays.
enum LastWriter {
  static func wins(_ new: ItemVersion, over old: ItemVersion?) -> Bool {
    guard let old else { return true }
    #if GANTRY_PLANTS
      if Plants.planted == .tieBrokenByArrival { return new.time >= old.time }
    #endif
    return new > old
  }
}

extension RegionBatch.Change {
  /// What the change makes of an item; nil where it has lost, or says nothing new.
  ///
  /// - Parameter current: nil where there is neither an item nor a trace of one.
  func applied(to current: VersionedItem?, _ plan: ResidencyPlan?) throws(MalformedBytes)
    -> VersionedItem?
  {
    guard let plan else {
      guard LastWriter.wins(version, over: current?.versions.rest) else { return nil }
      return VersionedItem(item: item, versions: GroupVersions(version))
    }
    let given = GroupVersions(version, protected: protected)
    let rest = LastWriter.wins(version, over: current?.versions.rest)
    let group =
      given.ofProtected.map { LastWriter.wins($0, over: current?.versions.ofProtected) } ?? false
    switch (rest, group) {
    case (false, false): return nil
    case (true, true): return VersionedItem(item: item, versions: given)
    case (true, false):
      let kept = current?.versions.ofProtected.map { GroupVersions.Protected.other($0) } ?? .absent
      let merged = try joined(rest: item, protected: current?.item, plan)
      return VersionedItem(item: merged, versions: GroupVersions(version, protected: kept))
    case (false, true):
      guard let current, let newer = given.ofProtected else { return nil }
      let merged = try joined(rest: current.item, protected: item, plan)
      return VersionedItem(item: merged, versions: GroupVersions(current.versions.rest, protected: .other(newer)))
    }
  }

  private func joined(
    rest: EncodedItem?, protected: EncodedItem?, _ plan: ResidencyPlan
  ) throws(MalformedBytes) -> EncodedItem? {
    guard let rest else { return nil }
    return try plan.joined(rest: rest, protected: protected)
  }
}
