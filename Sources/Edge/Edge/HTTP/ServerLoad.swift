internal import Synchronization

/// What all loops of a server carry together. Relaxed, because the bounds are about memory and not about order.
final class ServerLoad: Sendable {
  private let requests = Atomic<Int>(0)
  private let bodyBytes = Atomic<Int>(0)
  private let connections = Atomic<Int>(0)

  var requestsInFlight: Int { requests.load(ordering: .relaxed) }
  var bodyBytesInFlight: Int { bodyBytes.load(ordering: .relaxed) }
  var openConnections: Int { connections.load(ordering: .relaxed) }

  func addRequest() { requests.wrappingAdd(1, ordering: .relaxed) }
  func removeRequest() { requests.wrappingSubtract(1, ordering: .relaxed) }
  func add(bodyBytes count: Int) { bodyBytes.wrappingAdd(count, ordering: .relaxed) }
  func remove(bodyBytes count: Int) { bodyBytes.wrappingSubtract(count, ordering: .relaxed) }
  func addConnection() { connections.wrappingAdd(1, ordering: .relaxed) }
  func removeConnection() { connections.wrappingSubtract(1, ordering: .relaxed) }
}
