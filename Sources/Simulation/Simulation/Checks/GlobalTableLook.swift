import Catalog
import Coordinator
import Environment
import Items
import Messages
import Node

/// Reads every item of the table in every region until two looks in a row find the same everywhere, after the residency
/// rules, and no change waits.
final class GlobalTableLook {
  private static let looksMax = 400
  private static let lookInterval = Span.milliseconds(500)

  private let world: SimulatedWorld
  private let keys: [String]
  private let then: () -> Void
  private var looks = 0
  private(set) var isEqual = false
  /// In each region, by key; what could not be read is missing.
  private var found: [[String: EncodedItem?]] = []

  /// - Parameter then: once all are equal.
  init(_ world: SimulatedWorld, keys: [String], then: @escaping () -> Void) {
    self.world = world
    self.keys = keys
    self.then = then
  }

  /// Of the first region, which sees everything.
  var items: [String: EncodedItem?] { found.first ?? [:] }

  func begin() { look() }

  private var regions: [SimulatedCluster] { world.regions }

  private func look() {
    let before = found
    found = regions.map { _ in [:] }
    refresh(0) { [self] in
      read(0, keys[...]) { [self] in
        looks += 1
        if isQuiet && found == before && isSpread && differing.isEmpty {
          isEqual = true
          then()
        } else if looks < Self.looksMax {
          regions[0].schedule(after: Self.lookInterval) { [self] in look() }
        }
      }
    }
  }

  private func refresh(_ number: Int, _ then: @escaping () -> Void) {
    guard number < regions.count else { return then() }
    regions[number].submit(.refreshCatalog) { [self] _ in refresh(number + 1, then) }
  }

  private func read(_ number: Int, _ rest: ArraySlice<String>, _ then: @escaping () -> Void) {
    guard number < regions.count else { return then() }
    guard let key = rest.first, let table = table(number) else { return read(number + 1, keys[...], then) }
    regions[number].submit(.get(SimulatedTable(id: table.id).row(key), consistent: true)) { [self] outcome in
      if case .item(let item) = outcome { found[number][key] = .some(item) }
      read(number, rest.dropFirst(), then)
    }
  }

  private func table(_ number: Int) -> Table? {
    regions[number].coordinator(0)?.catalog.table(named: GlobalTableCheck.table)
  }

  private var isQuiet: Bool {
    regions.allSatisfy { region in
      region.nodeIDs.allSatisfy { region.node($0)?.regionChanges.waiting == 0 }
    }
  }

  /// The first region, and those that were given a replica. Where the table was never made there is nothing to compare.
  private var holders: [Int] {
    let names = table(0)?.replicas.map(\.region) ?? []
    return regions.indices.filter { $0 == 0 || names.contains(SimulatedWorld.name($0)) }
  }

  /// Whether each of them has the table, with all its replicas.
  private var isSpread: Bool {
    let names = holders.map(SimulatedWorld.name)
    if names.count == 1 { return true }
    return holders.allSatisfy { number in
      guard let table = table(number) else { return false }
      return table.status == .active && table.replicas.allSatisfy { $0.status == .active }
        && (table.replicas.map(\.region) + [SimulatedWorld.name(number)]).sorted() == names
    }
  }

  /// Items that are not everywhere what the first region's should be there.
  private var differing: [String] {
    keys.filter { key in holders.contains { found[$0][key] != expected(found[0][key], in: $0) } }
  }

  private func expected(_ item: EncodedItem??, in number: Int) -> EncodedItem?? {
    guard let residency = world.residencies.first?.residency, let whole = item ?? nil else { return item }
    let key = SimulatedTable.definition.key
    let copy = try? residency.copy(of: whole, for: SimulatedWorld.name(number), key, hash: GuardedItem.hash)
    return copy.map { .some($0) }
  }

  /// For people: why it is not equal.
  var differences: String {
    guard isSpread else { return "the table does not get its replicas" }
    let names = differing
    return names.isEmpty
      ? "changes still wait for other regions" : "regions differ in \(names.joined(separator: ", "))"
  }
}
