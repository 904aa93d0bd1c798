internal import Catalog
internal import Coordinator

/// Whoever carries out what the operations ask for. Confined to one event loop.
protocol CallTarget: AnyObject {
  /// The newest catalog known.
  var catalog: Catalog { get }
  /// True once every shard can be reached.
  var isReady: Bool { get }
  /// `completion` runs once, on the loop, not before this returns.
  func submit(_ call: Call, _ completion: @escaping (CallOutcome) -> Void)
}
