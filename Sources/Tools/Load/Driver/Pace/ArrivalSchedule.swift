internal import Environment

/// When each operation of an open loop is due: stages one after the other, evenly spaced within a steady one.
///
/// Operation n is due when the integral of the rate reaches n, whatever happens meanwhile; so times do not drift, and any
/// part of the operations can be had without the others.
struct ArrivalSchedule {
  private struct Piece {
    var stage: Stage
    /// Seconds from the beginning of the schedule.
    var start: Double
    /// Operations due before the piece.
    var before: Double
  }

  private let pieces: [Piece]
  /// The piece that the last answer lay in: askers go forward.
  private var current = 0
  let length: Span

  init(_ stages: [Stage]) {
    var pieces: [Piece] = []
    var start = 0.0
    var before = 0.0
    for stage in stages {
      pieces.append(Piece(stage: stage, start: start, before: before))
      start += stage.seconds
      before += stage.operations
    }
    self.pieces = pieces
    length = Span(nanoseconds: stages.reduce(0) { $0 + $1.length.nanoseconds })
  }

  /// From the beginning of the schedule; nil where the stages end before. Numbers may only rise from call to call.
  mutating func due(_ number: Int) -> Span? {
    while current < pieces.count {
      let piece = pieces[current]
      let place = Double(number) - piece.before
      // What is due at the very end of a piece belongs to the next one.
      if place < piece.stage.operations - 1e-9 {
        return Span(
          nanoseconds: UInt64(((piece.start + Self.time(of: max(0, place), in: piece.stage)) * 1e9).rounded()))
      }
      current += 1
    }
    return nil
  }

  /// Seconds until the rate has summed up to `place`: the root of `from·t + slope·t²/2 = place`, in the form that is
  /// exact for a slope of 0.
  private static func time(of place: Double, in stage: Stage) -> Double {
    let slope = (stage.to - stage.from) / stage.seconds
    let root = (stage.from * stage.from + 2 * slope * place).squareRoot()
    let sum = stage.from + (root.isNaN ? 0 : root)
    return sum > 0 ? min(2 * place / sum, stage.seconds) : 0
  }
}
