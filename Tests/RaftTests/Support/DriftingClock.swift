import Environment

/// A clock that runs at a rate of its own: what a replica reads at a point of real time.
struct DriftingClock {
  /// Thousandths of the true rate.
  var rate: UInt64 = 1_000
  var offset = Span.zero

  func reading(at real: Instant) -> Instant {
    Instant(nanoseconds: real.nanoseconds / 1_000 * rate + real.nanoseconds % 1_000 * rate / 1_000) + offset
  }

  /// The first point of real time at which the clock shows `reading` or more.
  func real(of reading: Instant) -> Instant {
    if reading == .distantFuture { return .distantFuture }
    let (thousands, rest) = reading.since(.zero + offset).nanoseconds.quotientAndRemainder(dividingBy: rate)
    var real = Instant(nanoseconds: thousands * 1_000 + rest * 1_000 / rate)
    while self.reading(at: real) < reading { real.nanoseconds += 1 }
    return real
  }
}
