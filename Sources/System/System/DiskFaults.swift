internal import Synchronization

/// What is made to be wrong with the disk of a process, for drills. Read by every thread that uses the disk.
public final class DiskFaults: Sendable {
  private let full = Atomic<Bool>(false)
  private let delayMs = Atomic<Int>(0)

  public init() {}

  /// No file gets longer: whoever tries is told that no space is left.
  public var isFull: Bool {
    get { full.load(ordering: .relaxed) }
    set { full.store(newValue, ordering: .relaxed) }
  }

  /// Each sync takes so many milliseconds longer. Writes do not: a machine keeps them in memory until then.
  public var syncDelayMs: Int {
    get { delayMs.load(ordering: .relaxed) }
    set { delayMs.store(newValue, ordering: .relaxed) }
  }
}
