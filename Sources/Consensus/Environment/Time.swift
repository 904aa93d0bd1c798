/// A point on a clock that never goes back and keeps counting while the machine sleeps (`CLOCK_BOOTTIME`).
public struct Instant: Hashable, Comparable, Sendable {
  public var nanoseconds: UInt64

  @inlinable public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  public static let zero = Instant(nanoseconds: 0)
  public static let distantFuture = Instant(nanoseconds: .max)

  @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

  @inlinable public static func + (instant: Instant, span: Span) -> Instant {
    let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(span.nanoseconds)
    return overflow ? .distantFuture : Instant(nanoseconds: sum)
  }

  /// The time from `earlier` to here; zero where `earlier` is later.
  @inlinable public func since(_ earlier: Instant) -> Span {
    Span(nanoseconds: nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0)
  }
}

/// A length of time, never negative.
public struct Span: Hashable, Comparable, Sendable {
  public var nanoseconds: UInt64

  @inlinable public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  public static let zero = Span(nanoseconds: 0)

  @inlinable public static func microseconds(_ count: UInt64) -> Span { Span(nanoseconds: count * 1_000) }
  @inlinable public static func milliseconds(_ count: UInt64) -> Span { Span(nanoseconds: count * 1_000_000) }
  @inlinable public static func seconds(_ count: UInt64) -> Span { Span(nanoseconds: count * 1_000_000_000) }

  public var milliseconds: Double { Double(nanoseconds) / 1_000_000 }

  @inlinable public static func < (left: Span, right: Span) -> Bool { left.nanoseconds < right.nanoseconds }

  /// Between half of this span and all of it: another part at each `turn`, and evenly spread however many turns there are.
  ///
  /// For the wait between tries. A link that comes and goes in a regular beat must not be away at each of them, as it can
  /// be where all waits are equal.
  public func uneven(_ turn: UInt64) -> Span {
    // Multiples of the golden ratio, modulo 1.
    let part = turn &* 0x9E37_79B9_7F4A_7C15
    let half = nanoseconds / 2
    return Span(nanoseconds: half + part.multipliedFullWidth(by: half).high)
  }
}

/// Milliseconds since 1970-01-01 UTC: for people and for time to live, never for ordering events.
public typealias WallTimeMs = UInt64

/// The clocks of one machine.
public protocol Clock: Sendable {
  var now: Instant { get }
  var wallTimeMs: WallTimeMs { get }
}
