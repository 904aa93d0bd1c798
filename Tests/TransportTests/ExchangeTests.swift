import NIOCore
import Testing

@testable import Transport

/// Two exchanges joined by memory instead of a socket.
private struct Pair {
  let dialer = Exchange(dialing: .consensus)
  let listener = Exchange(dialing: nil)
  var atDialer: [Exchange.Received] = []
  var atListener: [Exchange.Received] = []

  var dialerEnded: Bool { atDialer.contains { $0.ended } }
  var listenerEnded: Bool { atListener.contains { $0.ended } }

  init() {
    dialer.start(authority: "127.0.0.1:1", local: World.handshake("client"))
  }

  /// Moves bytes in pieces of at most `step` until neither side has any; the listener accepts what it is asked.
  mutating func settle(step: Int = .max) throws {
    while true {
      let there = try take(dialer)
      let back = try take(listener)
      if there.isEmpty, back.isEmpty { return }
      for piece in cut(there, step) {
        let received = try listener.receive(ByteBuffer(bytes: piece))
        if case .requested? = received.opening { listener.accept(World.handshake("server")) }
        atListener.append(received)
      }
      for piece in cut(back, step) {
        atDialer.append(try dialer.receive(ByteBuffer(bytes: piece)))
      }
    }
  }

  func take(_ exchange: Exchange) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let piece = try exchange.produce(bytesMax: 1000) { bytes += piece.readableBytesView }
    return bytes
  }

  private func cut(_ bytes: [UInt8], _ step: Int) -> [ArraySlice<UInt8>] {
    guard step < bytes.count else { return bytes.isEmpty ? [] : [bytes[...]] }
    return stride(from: 0, to: bytes.count, by: step).map { bytes[$0..<min($0 + step, bytes.count)] }
  }
}

@Suite struct ExchangeTests {
  @Test(arguments: [1, 2, 3, 7, 64, Int.max])
  func framesPassHoweverTheBytesAreSplit(step: Int) throws {
    var pair = Pair()
    try pair.settle(step: step)
    let sizes = [0, 1, 2000, 20_000]
    for size in sizes {
      pair.dialer.send([UInt8](repeating: 1, count: size))
      pair.listener.send([UInt8](repeating: 2, count: size))
    }
    try pair.settle(step: step)
    #expect(pair.atListener.flatMap(\.frames) == sizes.map { [UInt8](repeating: 1, count: $0) })
    #expect(pair.atDialer.flatMap(\.frames) == sizes.map { [UInt8](repeating: 2, count: $0) })
    #expect(!pair.dialerEnded && !pair.listenerEnded)
  }

  @Test func eachSideLearnsTheOthersHandshake() throws {
    var pair = Pair()
    try pair.settle()
    guard case .requested(.consensus, let client)? = pair.atListener.compactMap(\.opening).first,
      case .accepted(let server)? = pair.atDialer.compactMap(\.opening).first
    else {
      Issue.record("The handshake did not come through.")
      return
    }
    #expect(client == World.handshake("client"))
    #expect(server == World.handshake("server"))
  }

  @Test func aDamagedFrameIsRefused() throws {
    var pair = Pair()
    try pair.settle()
    pair.dialer.send([1, 2, 3])
    var bytes = try pair.take(pair.dialer)
    bytes[bytes.count - 1] ^= 1
    let error = #expect(throws: ExchangeFault.self) {
      try pair.listener.receive(ByteBuffer(bytes: bytes))
    }
    #expect(error?.reason == "a frame's checksum is wrong")
  }

  @Test func aPingIsReportedAndNotAnsweredByItself() throws {
    var pair = Pair()
    try pair.settle()
    pair.dialer.ping()
    try pair.settle()
    let pings = pair.atListener.flatMap(\.pings)
    #expect(pings.count == 1)
    #expect(!pair.listener.wantsWrite)
    pair.listener.answer(ping: pings[0])
    #expect(pair.listener.wantsWrite)
  }

  @Test(arguments: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\u{0}\u{1}\u{2}garbage that is not HTTP at all, long enough"])
  func whatIsNotHTTP2IsAFault(text: String) {
    let listener = Exchange(dialing: nil)
    #expect(throws: ExchangeFault.self) {
      try listener.receive(ByteBuffer(string: text))
    }
  }

  @Test func dataBeforeTheAnswerIsAFault() throws {
    let dialer = Exchange(dialing: .bulk)
    let listener = Exchange(dialing: nil)
    dialer.start(authority: "a", local: World.handshake("client"))
    dialer.phase = .open
    dialer.send([1])
    let bytes = try #require(try dialer.produce(bytesMax: 1000))
    #expect(throws: ExchangeFault.self) { try listener.receive(bytes) }
  }

  @Test func shutDownEndsTheOtherSide() throws {
    var pair = Pair()
    try pair.settle()
    pair.dialer.shutDown()
    try pair.settle()
    #expect(pair.listenerEnded)
  }

  @Test func aProduceIsBoundedByItsBudget() throws {
    var pair = Pair()
    try pair.settle()
    pair.dialer.send([UInt8](repeating: 9, count: 10_000))
    let piece = try #require(try pair.dialer.produce(bytesMax: 1000))
    #expect(piece.readableBytes <= 1000 + 9)
    #expect(pair.dialer.queuedBytes == 10_008 - 1000)
  }
}
