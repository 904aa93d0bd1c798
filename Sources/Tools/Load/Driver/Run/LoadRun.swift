internal import Environment
public import History
internal import NIOCore
internal import NIOPosix

/// What a load tells while it runs, on the thread that runs it.
public struct LoadEvents {
  public var second: (SecondReport) -> Void = { _ in }
  /// Calls whose outcome has become known, in no particular order.
  public var history: ([HistoryEntry]) throws(LoadError) -> Void = { (_) throws(LoadError) in }

  public init() {}
}

/// One load, from its first connection to its report. Its event loops measure; the thread that runs it reads the meters
/// each second and reports.
public final class LoadRun<W: Wire, Source: OperationSource>: Sendable {
  private typealias Driver = LoopDriver<W, Source>

  private let settings: LoadSettings
  /// What the report will say of the load.
  public let heading: RunSettings
  private let wire: W.Settings
  private let sources: [Source]
  private let signal = RunSignal()

  /// - Parameters:
  ///   - name: what the report calls the load.
  ///   - sources: one for each thread.
  public init(
    _ settings: LoadSettings, name: RunName, wire: W.Settings, sources: [Source]
  ) throws(LoadError) {
    try settings.check()
    precondition(sources.count == settings.threads, "Each thread of a load has a source of operations.")
    self.settings = settings
    self.heading = RunSettings(settings, name)
    self.wire = wire
    self.sources = sources
  }

  /// Ends the load early, from any thread; what was measured until then is reported.
  public func stop() { signal.stop() }

  /// Runs the load; blocks the calling thread.
  ///
  /// - Throws: where no endpoint answers, a history cannot be written, or an answer is none that the call can have.
  public func run(_ events: LoadEvents = LoadEvents()) throws(LoadError) -> RunReport {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
    var drivers: [DriverHandle<W, Source>] = []
    let outcome: Result<RunReport, LoadError>
    do throws(LoadError) {
      outcome = .success(try run(on: group, &drivers, events))
    } catch {
      outcome = .failure(error)
    }
    try? group.syncShutdownGracefully()
    // What loops still had to do refers to the drivers without owning them.
    withExtendedLifetime(drivers) {}
    return try outcome.get()
  }

  private func run(
    on group: MultiThreadedEventLoopGroup, _ drivers: inout [DriverHandle<W, Source>], _ events: LoadEvents
  ) throws(LoadError) -> RunReport {
    let meters = sources.map { Meter(kinds: $0.kinds.count) }
    drivers = try makeDrivers(on: group, meters)
    defer { _ = try? drivers.map { try $0.flatCall { $0.wire.close() }.wait() } }
    for opening in drivers.map({ $0.flatCall { $0.wire.open() } }) { try Self.wait(opening) }
    let window = makeWindow()
    var recorder = SecondRecorder(meters, kinds: sources[0].kinds.count, window: window)
    let ends = drivers.map { $0.flatCall { $0.begin(window) } }
    EventLoopFuture.andAllComplete(ends, on: group.next()).whenComplete { [signal] _ in signal.finish() }
    try follow(drivers, &recorder, events)
    return try report(
      recorder, try drivers.map { (driver) throws(LoadError) in try Self.wait(driver.call { $0.end() }) })
  }

  private func makeDrivers(
    on group: MultiThreadedEventLoopGroup, _ meters: [Meter]
  ) throws(LoadError) -> [DriverHandle<W, Source>] {
    var drivers: [DriverHandle<W, Source>] = []
    for thread in sources.indices {
      let share = Dispatch.Share(thread: thread, threads: settings.threads)
      let loop = group.next()
      let made = loop.submit { [settings, wire, sources] in
        let driver = Driver(settings, wire, sources[thread], meter: meters[thread], share: share, loop: loop)
        return DriverHandle(driver: NIOLoopBound(driver, eventLoop: loop), loop: loop)
      }
      drivers.append(try Self.wait(made))
    }
    return drivers
  }

  /// Begins a little later, when every loop is ready.
  private func makeWindow() -> Dispatch.Window {
    let start = LoadClock.now() + .milliseconds(10)
    let measured = start + settings.warmUp
    return Dispatch.Window(
      start: start, measuredStart: measured, end: settings.length.map { measured + $0 } ?? .distantFuture)
  }

  /// Reads the meters each second until everything has ended.
  private func follow(
    _ drivers: [DriverHandle<W, Source>], _ recorder: inout SecondRecorder, _ events: LoadEvents
  ) throws(LoadError) {
    while true {
      let event = signal.wait(until: recorder.nextReading)
      if event == .stopped {
        for driver in drivers { _ = driver.call { $0.stop() } }
        continue
      }
      let second = recorder.read(at: LoadClock.now(), isLast: event == .finished)
      if let second { events.second(second) }
      if settings.keepsHistory { try events.history(recorder.takeHistory()) }
      if event == .finished { return }
    }
  }

  private func report(_ recorder: SecondRecorder, _ ends: [DriverEnd]) throws(LoadError) -> RunReport {
    for end in ends {
      if let fault = end.fault { throw fault }
    }
    let end = ends.map(\.at).max() ?? .zero
    return recorder.report(
      settings: heading, kinds: sources[0].kinds, end: end, missed: ends.reduce(0) { $0 + $1.missed })
  }

  private static func wait<Value: Sendable>(_ future: EventLoopFuture<Value>) throws(LoadError) -> Value {
    do {
      return try future.wait()
    } catch {
      throw error as? LoadError ?? LoadError("\(error)")
    }
  }
}

/// A driver as other threads reach it.
private struct DriverHandle<W: Wire, Source: OperationSource>: Sendable {
  let driver: NIOLoopBound<LoopDriver<W, Source>>
  let loop: any EventLoop

  func call<Value: Sendable>(
    _ body: @escaping @Sendable (LoopDriver<W, Source>) -> Value
  ) -> EventLoopFuture<Value> {
    loop.submit { [driver] in body(driver.value) }
  }

  func flatCall(
    _ body: @escaping @Sendable (LoopDriver<W, Source>) -> EventLoopFuture<Void>
  ) -> EventLoopFuture<Void> {
    loop.flatSubmit { [driver] in body(driver.value) }
  }
}
