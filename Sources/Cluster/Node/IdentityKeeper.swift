import Environment

/// The identity in memory and on disk: changes count at once, and one write at a time brings the newest state to disk.
struct IdentityKeeper {
  /// Numbers the changes. A change is durable once ``recorded`` has reached its number.
  typealias Version = UInt64

  private(set) var identity: Identity
  private(set) var recorded: Version = 0
  private var newest: Version = 0
  private var writing: Version?
  private var retryAt = Instant.zero

  private static let retryDelay = Span.seconds(1)

  /// `identity` is on disk.
  init(recorded identity: Identity) { self.identity = identity }

  mutating func change(_ body: (inout Identity) -> Void) -> Version {
    body(&identity)
    newest += 1
    return newest
  }

  /// What is to be written now; its end comes by ``finished(_:now:)``.
  mutating func takeWrite(now: Instant) -> Identity? {
    guard writing == nil, recorded < newest, retryAt <= now else { return nil }
    writing = newest
    return identity
  }

  /// Takes the end of a write. False where the node has to stop: only a full disk lets it be tried again.
  mutating func finished(_ error: (any Error)?, now: Instant) -> Bool {
    guard let version = writing else { fatalError("An identity was written that nobody asked for.") }
    writing = nil
    if let error {
      retryAt = now + Self.retryDelay
      return (error as? DiskError)?.isNoSpace ?? false
    }
    recorded = version
    return true
  }
}
