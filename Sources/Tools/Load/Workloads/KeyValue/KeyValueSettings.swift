/// A workload of keys and values. The defaults are those of YCSB's core workloads (brianfrankcooper/YCSB,
/// `core/…/CoreWorkload.java`).
public struct KeyValueSettings: Sendable, Equatable {
  public var table = "usertable"
  /// Numbered from 0; ``KeyName`` makes the keys.
  public var records = 1_000
  /// Attributes of an item beside its key: `field0`, `field1`, …
  public var fields = 10
  public var fieldBytes = 100
  public var distribution = KeyDistribution.zipfian
  /// The share of each operation, by the place in ``KeyValueAction/allCases``; together 1.
  public var mix: [Double]
  /// Lengths of scans are uniform from 1 to here.
  public var scanLengthMax = 100
  public var consistentRead = false
  /// Whether the records are there before the operations begin.
  public var preload = true

  public init(_ mix: [KeyValueAction: Double] = [.read: 1]) {
    self.mix = KeyValueAction.allCases.map { mix[$0] ?? 0 }
  }

  public subscript(share action: KeyValueAction) -> Double { mix[action.rawValue] }

  /// The operations that occur.
  public var actions: [KeyValueAction] { KeyValueAction.allCases.filter { self[share: $0] > 0 } }

  var kinds: [String] { actions.map(\.name) }
}

/// Which keys are asked for often.
public enum KeyDistribution: String, CaseIterable, Sendable {
  /// All alike.
  case uniform
  /// Few often and most rarely, the frequent ones scattered over all.
  case zipfian
  /// The newest often.
  case latest
}

/// What is done to a key.
public enum KeyValueAction: Int, CaseIterable, Sendable {
  case read
  /// One field is replaced.
  case update
  /// An item with a new key.
  case insert
  /// The item, and some that follow it.
  case scan
  /// A read, then an update of the same item.
  case readModifyWrite
  /// The whole item is replaced.
  case put

  /// In reports.
  public var name: String {
    switch self {
    case .read: "read"
    case .update: "update"
    case .insert: "insert"
    case .scan: "scan"
    case .readModifyWrite: "read-modify-write"
    case .put: "put"
    }
  }

  /// In workload files.
  var setting: String { self == .readModifyWrite ? "readModifyWrite" : name }
}
