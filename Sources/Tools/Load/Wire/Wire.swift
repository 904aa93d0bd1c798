public import NIOCore

/// The connections of one event loop to a service, one for each client, and the protocol that they speak.
///
/// A client has one call under way at most. Everything happens on the loop that the wire was made for; a driver is
/// compiled for the wire that it uses, so that nothing is looked up for a request.
public protocol Wire: AnyObject, SendableMetatype {
  /// What all loops share: endpoints, credentials, and what else the protocol needs.
  associatedtype Settings: Sendable

  /// - Parameters:
  ///   - clients: the numbers of this loop's clients among all of the load, to spread them over endpoints. Elsewhere a
  ///     client is its place in this list.
  ///   - answered: called once for each ``send(_:client:)``, unless the call was abandoned; never from within `send`.
  init(
    _ settings: Settings, clients: [Int], on loop: any EventLoop,
    answered: @escaping (_ client: Int, _ answer: borrowing Answer) -> Void)

  /// Connects every client before time is measured. Fails, with an error that a person understands, where a client finds
  /// no endpoint that takes its connection.
  func open() -> EventLoopFuture<Void>

  /// Sends a call. A client whose connection was lost connects first, to the next endpoint where the last one failed.
  func send(_ call: Call, client: Int)

  /// Called at the end of a turn of the loop in which calls were sent: what a wire has gathered leaves now.
  func flush()

  /// The call of this client takes too long: its answer is not wanted any more, whether it comes or not.
  func abandon(client: Int)

  /// Closes every connection; nothing is answered afterwards.
  func close() -> EventLoopFuture<Void>
}
