internal import Catalog
internal import Coordinator
internal import Environment
internal import Items
internal import NIOCore
internal import Telemetry

/// The API on one event loop: what all of its exchanges share.
final class Service {
  let target: any CallTarget
  let clock: any Clock
  let region: String
  /// The others of the topology.
  let otherRegions: [String]
  let metrics: EdgeMetrics
  private var tables = TableCache()

  init(
    target: any CallTarget, clock: any Clock, region: String, otherRegions: [String] = [], metrics: EdgeMetrics
  ) {
    self.otherRegions = otherRegions
    self.target = target
    self.clock = clock
    self.region = region
    self.metrics = metrics
  }

  var replicaPlaces: ReplicaPlaces { ReplicaPlaces(own: region, others: otherRegions) }

  static let account = "000000000000"

  func arn(table name: String) -> String { "arn:aws:dynamodb:\(region):\(Self.account):table/\(name)" }

  /// A table that serves data, as far as this process knows.
  func activeTable(_ name: String) -> TableHandle? {
    guard let handle = tables.handle(named: name, in: target.catalog), handle.isActive else { return nil }
    return handle
  }

  func anyTable(_ name: String) -> TableHandle? { tables.handle(named: name, in: target.catalog) }
}
