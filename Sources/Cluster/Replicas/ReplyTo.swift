/// Where an answer goes: to a request of a connection, or to the node itself.
public enum ReplyTo: Hashable, Sendable {
  case connection(UInt64, request: UInt64)
  case local(UInt64)
}
