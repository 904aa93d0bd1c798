internal import Environment

/// Pauses between attempts: doubling, each shortened by up to a half at random so that peers do not dial in step.
struct BackOff {
  private let shortest: Span
  private let longest: Span
  private var random: SeededRandom
  private var next: Span

  init(shortest: Span, longest: Span, random: SeededRandom) {
    precondition(shortest.nanoseconds > 0 && shortest <= longest, "A back-off grows from a positive pause.")
    self.shortest = shortest
    self.longest = longest
    self.random = random
    next = shortest
  }

  mutating func pause() -> Span {
    let full = next.nanoseconds
    next = min(Span(nanoseconds: full * 2), longest)
    return Span(nanoseconds: full - random.below(full / 2 + 1))
  }

  mutating func reset() { next = shortest }
}
