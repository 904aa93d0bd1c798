internal import Logging
internal import NIOCore
internal import Telemetry

/// The way in: what one read brought goes to the owner, frame by frame, then the end of the batch.
extension LinkHandler {
  func receive(_ buffer: ByteBuffer) {
    if !isCut(.receiving) { liveness.heard() }
    do throws(ExchangeFault) {
      let received = try exchange.receive(buffer)
      if let opening = received.opening { open(opening) }
      for frame in received.frames {
        guard case .up(let link, _) = phase else { return }
        link.arrive(frame)
      }
      for ping in received.pings where !isCut(.receiving) { exchange.answer(ping: ping) }
      if received.ended { lose(.closedByPeer) }
    } catch {
      finish(.malformed(error.reason))
    }
  }

  private func open(_ opening: Exchange.Opening) {
    switch opening {
    case .requested(let transportClass, let peer):
      guard !isCutOff(peer) else { return leave() }
      decide(transportClass, peer)
    case .accepted(let peer):
      guard !isCutOff(peer) else { return leave() }
      decide(exchange.transportClass, peer)
    case .refused(let status, let reason):
      finish(.refused(status: status, reason: reason))
    case .unacceptable(let reason):
      log(.warning, "transport refused a request", ["reason": "\(reason)"])
      leave()
    }
  }

  /// Whether the peer, now known, cannot be talked to.
  private func isCutOff(_ peer: Handshake) -> Bool {
    let name = FaultTable.peer(of: peer.process)
    faultName = name
    return faults?.isCut(name) ?? false
  }

  private func decide(_ transportClass: TransportClass, _ peer: Handshake) {
    guard let owner else { return finish(.closedLocally) }
    switch owner.decide(self, transportClass, peer: peer) {
    case .accept(let delegate): goUp(transportClass, peer, delegate)
    case .ignore: leave()
    case .giveUp(let failure): finish(failure)
    case .refuse(let status, let reason):
      log(.warning, "transport refused a peer", ["peer": "\(peer.process)", "reason": "\(reason)"])
      exchange.refuse(status: status, reason: reason)
      leave()
    }
  }

  private func leave() { phase = .leaving }

  private func goUp(_ transportClass: TransportClass, _ peer: Handshake, _ delegate: any LinkDelegate) {
    if dialing == nil { exchange.accept(local) }
    metrics = options.metrics?[transportClass]
    metrics?.linksUp.add(1)
    guard let version = local.commonProtocolVersion(with: peer) else {
      fatalError("A link is made only where both ends speak one version.")
    }
    let link = Link(
      handler: self, peer: peer, protocolVersion: version, transportClass: transportClass, isDialed: dialing != nil)
    phase = .up(link, delegate)
    owner?.isUp(self, link)
    armLiveness()
    scheduleFlush()
    log(.info, "transport link up", ["peer": "\(peer.process)", "class": "\(transportClass.name)"])
    delegate.linkUp(link, peer: peer)
  }

  func deliver(_ frame: [UInt8]) {
    guard case .up(let link, let delegate) = phase else { return }
    deliveredSinceTurn = true
    metrics?.framesReceived.add()
    metrics?.bytesReceived.add(UInt64(frame.count))
    delegate.received(link, frame: frame)
  }

  func deliveredAll() {
    guard deliveredSinceTurn, case .up(let link, let delegate) = phase else { return }
    deliveredSinceTurn = false
    delegate.receivedAll(link)
  }
}
