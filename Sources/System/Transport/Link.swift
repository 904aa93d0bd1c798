public import NIOCore
internal import Telemetry

/// One connection over which whole messages go both ways. Confined to its event loop: not `Sendable`, and every member
/// is used on `loop` only.
public final class Link {
  public let loop: any EventLoop
  public let transportClass: TransportClass
  /// What the peer said of itself.
  public let peer: Handshake
  /// The newest that both ends speak: what is sent has to be of it.
  public let protocolVersion: UInt16
  /// Whether this process made the connection.
  public let isDialed: Bool
  /// A number for the owner's own use, such as an index into its peers.
  public var tag = 0

  private let handler: LinkHandler
  private let frameBytesMax: Int
  private let queueBytesMax: Int
  private var gate: FaultGate?
  private(set) var wasFull = false

  /// Frames turned away because the peer does not drain.
  public private(set) var framesDropped: UInt64 = 0

  init(
    handler: LinkHandler, peer: Handshake, protocolVersion: UInt16, transportClass: TransportClass, isDialed: Bool
  ) {
    self.handler = handler
    self.peer = peer
    self.protocolVersion = protocolVersion
    self.transportClass = transportClass
    self.isDialed = isDialed
    loop = handler.loop
    frameBytesMax = TransportLimits.frameBytesMax(transportClass)
    queueBytesMax = handler.options.queueBytesMax ?? TransportLimits.queueBytesMax(transportClass)
    gate = handler.faults.map { FaultGate(table: $0, link: self) }
  }

  /// False from the moment the link is lost or closed, before the delegate hears of it.
  public var isUp: Bool { handler.isUp }

  /// Bytes that the socket has not taken yet.
  public var queuedBytes: Int { handler.queuedBytes }

  /// False while the queue is more than half full: send nothing that can wait for `linkWritable`.
  public var isWritable: Bool {
    let writable = isUp && queuedBytes <= queueBytesMax / 2
    if !writable { wasFull = true }
    return writable
  }

  /// Queues one frame without touching the socket: the flush happens once, at the end of this loop turn or at
  /// ``flush()``.
  @discardableResult public func send(_ frame: [UInt8]) -> SendOutcome {
    guard isUp else { return .linkDown }
    guard frame.count <= frameBytesMax else {
      handler.logOversized(frame.count)
      return .frameTooLong
    }
    // A frame alone always fits: its class caps it.
    let queued = queuedBytes
    guard queued == 0 || queued + FrameFormat.headerBytes + frame.count <= queueBytesMax else {
      wasFull = true
      framesDropped += 1
      handler.metrics?.framesDropped.add()
      return .queueFull
    }
    if let gate { gate.send(frame) } else { handler.enqueue(frame) }
    return .queued
  }

  /// Writes what is queued now: for an owner that knows the end of its own turn.
  public func flush() { handler.pump() }

  /// Says goodbye and closes. What the socket does not take at once is lost. The delegate hears `linkDown` later in
  /// this turn.
  public func close() { handler.close() }

  // MARK: For the handler

  /// Lets arrived frames through to the delegate, or through the faults first.
  func arrive(_ frame: [UInt8]) {
    if let gate { gate.arrive(frame) } else { handler.deliver(frame) }
  }

  func enqueue(_ frame: [UInt8]) {
    if isUp { handler.enqueue(frame) }
  }

  func deliverNow(_ frame: [UInt8]) { handler.deliver(frame) }

  func deliverLate(_ frame: [UInt8]) {
    guard isUp else { return }
    handler.deliver(frame)
    handler.deliveredAll()
  }

  /// Whether the owner waits for room and there is some; asked once.
  func takeDrained() -> Bool {
    guard wasFull, queuedBytes <= queueBytesMax / 4 else { return false }
    wasFull = false
    return true
  }

  func wentDown() {
    gate?.cancel()
    gate = nil
  }
}
