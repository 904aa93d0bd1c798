import Environment
import Testing

@testable import Load

/// A service on a clock that only the test moves: answers after a fixed time, but stands still for a while.
private struct VirtualRun {
  var serviceTime = Span.milliseconds(2)
  var stall: Range<Instant> = .zero..<Instant.zero
  /// Of each operation, from its intended start, and from where it was sent.
  private(set) var latencies: [Span] = []
  private(set) var serviceTimes: [Span] = []
  private(set) var missed = 0

  init(serviceTime: Span = .milliseconds(2), stall: Range<Instant>) {
    self.serviceTime = serviceTime
    self.stall = stall
  }

  mutating func run(_ dispatch: Dispatch) {
    var dispatch = dispatch
    var now = Instant.zero
    var answers: [(at: Instant, client: Int, intended: Instant, sent: Instant)] = []
    while true {
      while let next = answers.firstIndex(where: { $0.at <= now }) {
        let answer = answers.remove(at: next)
        latencies.append(answer.at.since(answer.intended))
        serviceTimes.append(answer.at.since(answer.sent))
        dispatch.release(answer.client)
      }
      while let start = dispatch.next(at: now) {
        answers.append((answered(sentAt: now), start.client, start.intended ?? now, now))
      }
      let times = answers.map(\.at) + (dispatch.wakeAt(now).map { [$0] } ?? [])
      guard let next = times.min() else { break }
      precondition(next > now, "What is due has begun, so the next thing is later.")
      now = next
    }
    missed = dispatch.takeMissed(at: now)
  }

  private func answered(sentAt sent: Instant) -> Instant {
    let at = sent + serviceTime
    return stall.contains(at) ? stall.upperBound : at
  }
}

@Suite struct DispatchTests {
  private static func window(_ length: Span, warmUp: Span = .zero) -> Dispatch.Window {
    Dispatch.Window(start: .zero, measuredStart: .zero + warmUp, end: .zero + warmUp + length)
  }

  private static let stall = Instant.zero + .seconds(4)..<Instant.zero + .seconds(5)

  @Test("A stall of a second makes every operation late that was due in it: open loop")
  func openLoopStall() {
    var run = VirtualRun(stall: Self.stall)
    run.run(
      Dispatch(ArrivalSchedule([.steady(100, .seconds(10))]), clients: 4, window: Self.window(.seconds(10))))
    #expect(run.latencies.count == 1_000)
    // One operation was due each 10 ms of the stall, and waited at least for what was left of it.
    let late = run.latencies.filter { $0 > .milliseconds(20) }.sorted().reversed()
    #expect((97...110).contains(late.count), "and those that came while the rest was worked off")
    for (number, latency) in late.prefix(97).enumerated() {
      #expect(latency >= .milliseconds(1_000 - 10 * UInt64(number)), "number \(number)")
    }
    // The service itself was slow to as many as there were clients.
    #expect(run.serviceTimes.filter { $0 > .milliseconds(20) }.count == 4)
    #expect(run.missed == 0)
  }

  @Test("The same stall is seen by as many operations of a closed loop as there are clients")
  func closedLoopStall() {
    var run = VirtualRun(stall: Self.stall)
    run.run(Dispatch(nil, clients: 4, window: Self.window(.seconds(10))))
    #expect(run.latencies.filter { $0 > .milliseconds(20) }.count == 4)
    #expect(run.latencies == run.serviceTimes)
  }

  @Test("A service that is too slow for a rate leaves operations unbegun, and they are told")
  func missed() {
    var run = VirtualRun(serviceTime: .milliseconds(100), stall: .zero..<Instant.zero)
    run.run(
      Dispatch(ArrivalSchedule([.steady(100, .seconds(10))]), clients: 2, window: Self.window(.seconds(10))))
    // Two clients do 20 a second.
    #expect(run.latencies.count == 200)
    #expect(run.missed == 800)
    #expect(run.latencies.max()! > .seconds(7))
  }

  @Test("Operations that are due in the warm-up are not measured, and not missed")
  func warmUp() {
    let schedule = ArrivalSchedule([.steady(10, .seconds(1)), .steady(20, .seconds(1))])
    var dispatch = Dispatch(
      schedule, clients: 100, window: Self.window(.seconds(1), warmUp: .seconds(1)))
    var starts: [Dispatch.Start] = []
    while let start = dispatch.next(at: .zero + .milliseconds(1_990)) { starts.append(start) }
    #expect(starts.filter { !$0.isMeasured }.count == 10)
    #expect(starts.filter(\.isMeasured).count == 20)

    var unbegun = Dispatch(schedule, clients: 100, window: Self.window(.seconds(1), warmUp: .seconds(1)))
    #expect(unbegun.takeMissed(at: .zero + .milliseconds(1_499)) == 10)
  }

  @Test("Nothing begins before it is due, and the time to ask again is when it is")
  func notBefore() {
    var dispatch = Dispatch(
      ArrivalSchedule([.steady(10, .seconds(1))]), clients: 1, window: Self.window(.seconds(1)))
    #expect(dispatch.next(at: .zero) == Dispatch.Start(client: 0, intended: .zero, isMeasured: true))
    #expect(dispatch.next(at: .zero + .milliseconds(100)) == nil)
    #expect(dispatch.wakeAt(.zero) == nil, "no client is free")
    dispatch.release(0)
    #expect(dispatch.wakeAt(.zero) == .zero + .milliseconds(100))
    #expect(dispatch.wakeAt(.zero + .seconds(1)) == nil, "the time is over")
    #expect(dispatch.next(at: .zero + .milliseconds(99)) == nil)
    #expect(dispatch.next(at: .zero + .milliseconds(130))?.intended == .zero + .milliseconds(100))
  }

  @Test("Measured operations may be bounded, in both loops", arguments: [true, false])
  func operations(isOpen: Bool) {
    let schedule = isOpen ? ArrivalSchedule([.steady(1_000, .seconds(10))]) : nil
    var run = VirtualRun(stall: .zero..<Instant.zero)
    run.run(
      Dispatch(schedule, clients: 3, window: Self.window(.seconds(9), warmUp: .seconds(1)), operations: 50))
    #expect(run.latencies.count > 50, "the warm-up's come on top")
    #expect(run.missed == 0)
    var dispatch = Dispatch(schedule, clients: 9, window: Self.window(.seconds(9)), operations: 2)
    #expect(dispatch.next(at: .zero + .seconds(1)) != nil)
    #expect(!dispatch.hasBegunAll)
    #expect(dispatch.next(at: .zero + .seconds(1)) != nil)
    #expect(dispatch.next(at: .zero + .seconds(1)) == nil)
    #expect(dispatch.hasBegunAll && dispatch.isSpent(at: .zero + .seconds(1)))
  }

  @Test("A stopped load begins nothing, and what was due before counts as missed")
  func stop() {
    var dispatch = Dispatch(
      ArrivalSchedule([.steady(10, .seconds(10))]), clients: 1, window: Self.window(.seconds(10)))
    _ = dispatch.next(at: .zero)
    dispatch.stop(at: .zero + .milliseconds(550))
    dispatch.release(0)
    #expect(dispatch.next(at: .zero + .seconds(1)) == nil)
    #expect(dispatch.isSpent(at: .zero + .milliseconds(550)) && dispatch.isIdle)
    #expect(dispatch.takeMissed(at: .zero + .seconds(1)) == 5)
  }

  @Test("The client that was free longest begins next, so that all endpoints are used at any rate")
  func order() {
    var dispatch = Dispatch(nil, clients: 3, window: Self.window(.seconds(10)))
    var clients: [Int] = []
    for _ in 0..<6 {
      let client = dispatch.next(at: .zero)!.client
      clients.append(client)
      dispatch.release(client)
    }
    #expect(clients == [0, 1, 2, 0, 1, 2])
  }
}

@Suite struct BackoffTests {
  @Test("Delays are drawn from a seed, under a cap that doubles up to its bound")
  func delays() {
    var one = Backoff(seed: 7)
    var other = Backoff(seed: 7)
    for attempt in 1...2_000 {
      let delay = one.delay(after: attempt % 12 + 1)
      #expect(delay == other.delay(after: attempt % 12 + 1))
      #expect(delay <= .milliseconds(min(25 << UInt64(attempt % 12), 1_000)))
    }
    let firsts = (0..<1_000).map { _ in one.delay(after: 1).milliseconds }
    #expect(firsts.min()! < 2 && firsts.max()! > 23)
  }
}
