import Environment
import Testing

@Suite struct SpanTests {
  private static let whole = Span.milliseconds(400)

  @Test func unevenPartsLieBetweenTheHalfAndTheWhole() {
    let parts = (0..<1_000).map { Self.whole.uneven($0).milliseconds }
    #expect(parts.allSatisfy { (200..<400).contains($0) })
    for tenth in 0..<10 {
      let low = 200 + 20 * Double(tenth)
      let count = parts.count { (low..<low + 20).contains($0) }
      #expect((95...105).contains(count), "from \(low): \(count)")
    }
    #expect(zip(parts, parts.dropFirst()).allSatisfy { abs($0 - $1) > 60 })
  }

  @Test func unevenPartsOfEdgesAreParts() {
    #expect(Span.zero.uneven(7) == .zero)
    #expect(Span(nanoseconds: .max).uneven(.max) >= Span(nanoseconds: .max / 2))
  }
}
