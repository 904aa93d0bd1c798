import Bytes
import Environment
import Messages
import Raft
import Replicas

/// Questions of other nodes that this one has put to leaders in its own name.
struct Relays {
  private struct Pending {
    var id: UInt64
    var to: ReplyTo
    var until: Instant
  }

  private var pending: [Pending] = []
  private var nextID: UInt64

  /// Who asked has asked again by then.
  private static let timeout = Span.seconds(2)
  private static let countMax = 1_024
  /// Their requests have numbers of their own.
  private static let requestBit: UInt64 = 1 << 60
  static func isOwn(_ request: UInt64) -> Bool { request >> 60 == 1 }

  init(firstRequest: UInt64) { nextID = firstRequest }

  /// The number under which it is asked; nil where too much is under way.
  mutating func add(_ to: ReplyTo, now: Instant) -> UInt64? {
    pending.removeAll { $0.until <= now }
    guard pending.count < Self.countMax else { return nil }
    defer { nextID += 1 }
    pending.append(Pending(id: nextID | Self.requestBit, to: to, until: now + Self.timeout))
    return nextID | Self.requestBit
  }

  /// Who waits for that answer.
  mutating func answered(_ id: UInt64) -> ReplyTo? {
    pending.firstIndex { $0.id == id }.map { pending.remove(at: $0).to }
  }
}

extension Node {
  /// Asks whom this node takes for the shard's leader. Who is asked so passes nothing on, so that questions do not go round
  /// in circles.
  func relay(_ bytes: [UInt8], to: ReplyTo, now: Instant) {
    var answer = Answer.refused(.failed("The request to pass on cannot be read."))
    if var request = Request.inRelay(bytes) {
      let leader = replica(GroupID(request.shard))?.leader
      if leader == configuration.node { return submit(request, to: to, now: now) }
      answer = .refused(.notLeader(leader: nil))
      if let leader, let id = relays.add(to, now: now) {
        request.id = id
        return outgoingRequests.append((leader, request))
      }
    }
    replies.append(.init(to: to, term: 0, answer: answer))
  }

  /// The answer goes to who asked.
  func pass(_ response: Response) {
    guard let to = relays.answered(response.id) else { return }
    replies.append(.init(to: to, term: response.term, answer: response.answer))
  }
}

extension Request {
  /// Nil where it cannot be read, or is to be passed on itself.
  fileprivate static func inRelay(_ bytes: [UInt8]) -> Request? {
    var reader = ByteReader(bytes)
    guard let request = try? Request(from: &reader), (try? reader.finish()) != nil else { return nil }
    if case .relay = request.operation { return nil }
    return request
  }

  /// As ``Operation/relay(_:)`` carries it.
  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    encode(into: &writer)
    return writer.bytes
  }
}
