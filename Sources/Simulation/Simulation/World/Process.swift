public import Messages

/// One process of a simulated region. Coordinators count from 0.
public enum Process: Hashable, Sendable {
  case node(NodeID)
  case coordinator(Int)
}

extension Process: CustomStringConvertible {
  public var description: String {
    switch self {
    case .node(let id): "n\(id.rawValue)"
    case .coordinator(let number): "c\(number + 1)"
    }
  }
}
