/// Something that must not happen, in words.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
  /// What a check is about. A shrunk schedule shows a violation of the same kind.
  public enum Kind: String, Hashable, Sendable {
    case process, setup, linearizability, tables, minority, liveness, recovery, replicas, indexes, streams, expiry,
      regions
  }

  public var kind: Kind
  public var text: String

  public init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  public var description: String { "\(kind.rawValue): \(text)" }
}
