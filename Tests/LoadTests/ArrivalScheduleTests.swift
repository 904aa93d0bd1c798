import Environment
import Testing

@testable import Load

@Suite struct ArrivalScheduleTests {
  private static func all(_ stages: [Stage]) -> [Span] {
    var schedule = ArrivalSchedule(stages)
    var number = 0
    var dues: [Span] = []
    while let due = schedule.due(number) {
      dues.append(due)
      number += 1
    }
    return dues
  }

  @Test(
    "Arrivals of a steady rate are evenly spaced and do not drift, however odd the rate", arguments: [1, 3, 7, 999])
  func steady(_ rate: UInt64) {
    let dues = Self.all([.steady(Double(rate), .seconds(60))])
    #expect(dues.count == Int(rate) * 60)
    for (number, due) in dues.enumerated() {
      let exact = UInt64(number) * 1_000_000_000 / rate
      #expect(due.nanoseconds >= exact && due.nanoseconds - exact <= 1)
    }
  }

  @Test("A ramp's arrivals sum up to its average rate and come ever closer")
  func ramp() {
    let dues = Self.all([Stage(from: 100, to: 1000, length: .seconds(10))])
    #expect(dues.count == 5_500)
    for number in 2..<dues.count {
      #expect(
        dues[number].nanoseconds - dues[number - 1].nanoseconds < dues[number - 1].nanoseconds
          - dues[number - 2].nanoseconds + 2)
    }
    // After half of the time the rate is 550, and 325 on average so far.
    #expect(dues.filter { $0 < .seconds(5) }.count == 1_625)
  }

  @Test("A ramp may begin or end at nothing")
  func zero() {
    let up = Self.all([Stage(from: 0, to: 100, length: .seconds(2))])
    let down = Self.all([Stage(from: 100, to: 0, length: .seconds(2))])
    #expect(up.count == 100)
    #expect(down.count == 100)
    #expect(up.last! < .seconds(2) && down.last! < .seconds(2))
    #expect(down.filter { $0 < .seconds(1) }.count == 75)
  }

  @Test("Stages follow one another; each has its own operations")
  func stages() {
    let dues = Self.all([
      .steady(10, .seconds(1)), .steady(1_000, .milliseconds(100)), .steady(0, .seconds(1)), .steady(10, .seconds(1)),
    ])
    #expect(dues.count == 120)
    #expect(dues[9] == .milliseconds(900))
    #expect(dues[10] == .seconds(1))
    #expect(dues[11] == .milliseconds(1_001))
    #expect(dues[110] == .milliseconds(2_100))
  }

  @Test("Threads share out the arrivals of one schedule")
  func shares() {
    let stages = [Stage(from: 50, to: 500, length: .seconds(3)), .steady(200, .seconds(1))]
    let window = Dispatch.Window(start: .zero, measuredStart: .zero, end: .distantFuture)
    var shared: [Instant] = []
    for thread in 0..<3 {
      var dispatch = Dispatch(
        ArrivalSchedule(stages), clients: 2_000, window: window, share: Dispatch.Share(thread: thread, threads: 3))
      while let start = dispatch.next(at: .distantFuture - 1) { shared.append(start.intended!) }
    }
    #expect(shared.sorted() == Self.all(stages).map { .zero + $0 })
  }
}

extension Instant {
  fileprivate static func - (instant: Instant, nanoseconds: UInt64) -> Instant {
    Instant(nanoseconds: instant.nanoseconds - nanoseconds)
  }
}

@Suite struct StageTests {
  @Test("Stages are read in order; hold keeps the rate before it, a spike is forgotten")
  func reading() throws {
    let stages = try Stage.parse(["ramp 100..1000 10s", "hold 1.5m", "spike 3000 500ms", "hold 2s", "step 5.5 1h"])
    #expect(
      stages == [
        Stage(from: 100, to: 1000, length: .seconds(10)), .steady(1000, .seconds(90)),
        .steady(3000, .milliseconds(500)), .steady(1000, .seconds(2)), .steady(5.5, .seconds(3_600)),
      ])
    #expect(
      stages.map(\.description).joined(separator: ", ").hasPrefix("ramp 100..1000 10s, step 1000 90s, step 3000 0.5s"))
  }

  @Test(
    "What is no stage is refused with the forms that are",
    arguments: [
      "ramp 100 10s", "step 1..2 5s", "step x 5s", "step -1 5s", "hold", "hold 5", "spike 10 1x", "walk 1 1s", "",
      "step nan 1s", "step 1e9 1s",
    ])
  func refusal(_ text: String) {
    #expect(throws: LoadError.self) { try Stage.parse(["step 1 1s", text]) }
  }

  @Test("A hold needs a rate before it, and a stage some time")
  func senseless() {
    #expect(throws: LoadError("--stage 'hold 5s': no rate came before it that it could hold")) {
      try Stage.parse(["hold 5s"])
    }
    #expect(throws: LoadError("--stage 'step 5 0s': a stage takes some time")) { try Stage.parse(["step 5 0s"]) }
  }
}
