import Bytes
import Environment
import Messages
import Raft
import Replicas

/// A follower's side of a fetch: what it has, what it asks for next, when it asks again and when it gives up.
///
/// asks for the header → makes the builder → asks for item after item, each built in before the next is asked for →
/// finishes the store → waits until the replica may switch → switches.
struct SnapshotFetch {
  enum Phase: Equatable {
    case opening
    case beginning
    case awaiting(UInt64)
    case adding(UInt64)
    case finishing
    case built
    case switching
    /// What was built is being removed.
    case abandoning
  }

  /// A question without an answer is asked again after this, or half of it: what ``Span/uneven(_:)`` says.
  static let askInterval = Span.milliseconds(1_500)
  /// While this node is busy with an item, it says so this often.
  static let keepInterval = Span.seconds(3)
  /// Without an answer for this long the fetch is given up.
  static let patience = Span.seconds(10)
  /// Without an answer for this long another server that offers the same is preferred.
  static let patienceBesideAnOffer = Span.seconds(1)

  let group: GroupID
  let id: UInt64
  let server: NodeID
  let offered: LogPosition
  private(set) var phase = Phase.opening
  private(set) var header: SnapshotHeader?
  private(set) var metadata: [UInt8] = []
  private var askedAt: Instant
  /// How often that question was asked again.
  private var silences: UInt64 = 0
  private var progressAt: Instant

  init(group: GroupID, id: UInt64, server: NodeID, offered: LogPosition, now: Instant) {
    self.group = group
    self.id = id
    self.server = server
    self.offered = offered
    askedAt = now
    progressAt = now
  }

  /// Whether a job of this node is under way.
  var isWorking: Bool {
    switch phase {
    case .beginning, .adding, .finishing, .switching, .abandoning: true
    case .opening, .awaiting, .built: false
    }
  }

  /// What is asked now; nil while nothing is.
  var question: SnapshotFrame? {
    switch phase {
    case .opening: frame(.open(atLeast: offered))
    case .awaiting(let sequence): frame(.next(sequence))
    case .beginning, .adding, .finishing: frame(.keep)
    case .built, .switching, .abandoning: nil
    }
  }

  var farewell: SnapshotFrame { frame(.close) }

  private func frame(_ body: SnapshotFrame.Body) -> SnapshotFrame {
    SnapshotFrame(group: group, fetch: id, body: body)
  }

  // MARK: Events

  /// The question where it has to be asked again.
  mutating func repeated(now: Instant) -> SnapshotFrame? {
    guard now.since(askedAt) >= (isWorking ? Self.keepInterval : Self.askInterval.uneven(silences)) else {
      return nil
    }
    askedAt = now
    silences += 1
    return question
  }

  /// Whether the server has been silent for too long.
  ///
  /// - Parameter hasOffer: another server offers the group's state.
  func isOverdue(now: Instant, hasOffer: Bool = false) -> Bool {
    guard phase != .built, !isWorking else { return false }
    return now.since(progressAt) >= (hasOffer ? Self.patienceBesideAnOffer : Self.patience)
  }

  enum Outcome: Equatable {
    /// An answer that nobody waits for any more.
    case ignored
    /// There is a header: make the builder.
    case begin
    /// Ask for what comes next.
    case ask
    /// Build in this chunk of rows; its number among them.
    case add([UInt8], UInt64)
    /// The server does not serve, or sent what it may not.
    case giveUp
  }

  mutating func answered(_ body: SnapshotFrame.Body, now: Instant) -> Outcome {
    switch (phase, body) {
    case (.opening, .header(let header)):
      guard header.position >= offered, header.metadataBytes > 0 else { return .giveUp }
      self.header = header
      enter(.beginning, now)
      return .begin
    case (.awaiting(let awaited), .item(let sequence, let bytes)) where awaited == sequence:
      return took(sequence, bytes, now)
    case (.opening, .refused), (.awaiting, .refused): return .giveUp
    default: return .ignored
    }
  }

  private mutating func took(_ sequence: UInt64, _ bytes: [UInt8], _ now: Instant) -> Outcome {
    guard let header else { fatalError("A fetch has items before its header.") }
    guard sequence < header.metadataItems else {
      enter(.adding(sequence), now)
      return .add(bytes, sequence - header.metadataItems)
    }
    metadata += bytes
    if sequence + 1 == header.metadataItems {
      guard metadata.count == header.metadataBytes, CRC32C.checksum(metadata) == header.metadataSum,
        (try? StoreMetadata(metadata)) != nil
      else { return .giveUp }
    }
    enter(.awaiting(sequence + 1), now)
    return .ask
  }

  /// A step of the build has succeeded. `isComplete`: the last chunk is in.
  mutating func workEnded(isComplete: Bool, now: Instant) {
    switch phase {
    case .beginning: enter(.awaiting(0), now)
    case .adding(let sequence): enter(isComplete ? .finishing : .awaiting(sequence + 1), now)
    case .finishing: enter(.built, now)
    case .opening, .awaiting, .built, .switching, .abandoning: fatalError("A step of a snapshot ended unasked.")
    }
  }

  mutating func startSwitch(now: Instant) {
    guard phase == .built else { fatalError("A store was switched to before it was built.") }
    enter(.switching, now)
  }

  mutating func abandon(now: Instant) { enter(.abandoning, now) }

  private mutating func enter(_ phase: Phase, _ now: Instant) {
    self.phase = phase
    askedAt = now
    silences = 0
    progressAt = now
  }
}
