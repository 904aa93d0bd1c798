import Synchronization
import Telemetry

/// What the admin port asks of a process from other threads than its loops.
final class ProcessState: Sendable {
  private let readyLoops = Atomic<Int>(0)
  private let loops: Int
  private let registry = Mutex(MetricRegistry())
  private let regions = Mutex(MetricRegistry())

  init(loops: Int) { self.loops = loops }

  var isReady: Bool { readyLoops.load(ordering: .relaxed) == loops }

  /// To be called by a loop when its own state changes.
  func loopBecame(ready: Bool) { readyLoops.add(ready ? 1 : -1, ordering: .relaxed) }

  /// Called once, when every metric is declared.
  func publish(_ registry: MetricRegistry) { self.registry.withLock { $0 = registry } }

  /// Called whenever there is another pair of table and region.
  func publish(regions: MetricRegistry) { self.regions.withLock { $0 = regions } }

  func metricsPage() -> [UInt8] {
    PrometheusText.render(registry.withLock { $0 }) + PrometheusText.render(regions.withLock { $0 })
  }
}

/// A loop's own share of ``ProcessState/isReady``. Confined to the loop.
struct LoopReadiness {
  private let state: ProcessState
  private var isReady = false

  init(_ state: ProcessState) { self.state = state }

  mutating func update(_ ready: Bool) {
    guard ready != isReady else { return }
    isReady = ready
    state.loopBecame(ready: ready)
  }
}
