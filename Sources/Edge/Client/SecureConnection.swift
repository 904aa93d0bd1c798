internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// TLS to endpoints that say https. Certificates are always verified.
struct SecureConnection: Sendable {
  private let context: NIOSSLContext

  /// - Parameter authorities: a PEM file; nil: the system's.
  init(authorities: String?) throws {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    if let authorities { configuration.trustRoots = .file(authorities) }
    context = try NIOSSLContext(configuration: configuration)
  }

  /// Adds what encrypts at the head of a connection's pipeline. Its handshake ends with `isOpen`.
  func install(on channel: any Channel, to host: String, _ isOpen: EventLoopPromise<Void>) throws {
    // A certificate for a numeric address is checked against the address that was connected to.
    let isNumeric = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: isNumeric ? nil : host))
    try pipeline.addHandler(HandshakeWatch(isOpen))
  }
}

/// Tells how a connection's handshake ends, and that it does within its time.
private final class HandshakeWatch: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let isOpen: EventLoopPromise<Void>
  private var deadline: Scheduled<Void>?

  init(_ isOpen: EventLoopPromise<Void>) { self.isOpen = isOpen }

  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: .milliseconds(ClientLimits.connectTimeoutMs)) { [isOpen] in
      isOpen.fail(HandshakeTimeout())
      channel.close(promise: nil)
    }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent { end(.success(())) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(.failure(error))
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(.failure(ChannelError.eof))
    context.fireChannelInactive()
  }

  private func end(_ result: Result<Void, any Error>) {
    deadline?.cancel()
    deadline = nil
    isOpen.completeWith(result)
  }
}

struct HandshakeTimeout: Error {}

/// What a failed handshake means to a person.
enum HandshakeFailure {
  static func text(_ error: any Error) -> String {
    let reason = "\(error)"
    if ["CERTIFICATE_VERIFY_FAILED", "failedToValidateHostname"].contains(where: reason.contains) {
      return "its certificate is not accepted: no known authority signed it for this name, or it has expired; "
        + "AWS_CA_BUNDLE names a file of other authorities"
    }
    if error is HandshakeTimeout { return "no answer to the beginning of TLS" }
    if reason.contains("WRONG_VERSION_NUMBER") { return "what answers there speaks no TLS" }
    return "TLS could not begin: \(reason)"
  }
}
