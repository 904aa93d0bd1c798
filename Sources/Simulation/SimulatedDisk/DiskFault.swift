internal import Environment

/// How one operation of a simulated disk goes wrong.
public enum DiskFault: Hashable, Sendable, CaseIterable {
  /// EIO, without effect. A sync that fails leaves in doubt what it should have made durable, and nothing writes it
  /// again.
  case inputOutput
  /// ENOSPC, without effect, where the operation may take space.
  case noSpace
  /// The first half of a write gets through, as far as whole sectors, then EIO.
  case shortWrite
  /// The same with ENOSPC.
  case shortWriteNoSpace

  /// Whether that can happen to the operation; where it cannot, nothing does.
  public func concerns(_ operation: DiskOperation) -> Bool {
    switch (self, operation) {
    case (.inputOutput, _): true
    case (.noSpace, .open(_, create: true)), (.noSpace, .truncate), (.noSpace, .rename), (.noSpace, .createDirectory),
      (.noSpace, .sync), (.noSpace, .syncDirectory):
      true
    case (_, .write): true
    default: false
    }
  }

  var isShortWrite: Bool { self == .shortWrite || self == .shortWriteNoSpace }

  func error(_ operation: DiskOperation) -> DiskError {
    switch self {
    case .inputOutput, .shortWrite: DiskError(.inputOutput, "\(operation): Input/output error")
    case .noSpace, .shortWriteNoSpace: DiskError(.noSpace, "\(operation): No space left on device")
    }
  }
}
