/// Where the operations of a load come from: an endless sequence that depends on a seed alone, never on answers or time.
/// So two runs send the same operations in the same order, however fast the service is.
public protocol OperationSource: Sendable {
  /// The names of what the workload does, as reports show them: `read`, `update`, `scan`.
  var kinds: [String] { get }
  mutating func next() -> Operation
}
