/// Blocking work as a value: a thread runs it in production, the simulator runs it after a virtual delay.
///
/// The work must touch only what it captured and own it for that time. Its owner hears of the end as an event that
/// carries `id`.
public struct Job {
  /// Which queue of the machine runs it; jobs of one lane run in order, one at a time.
  public enum Lane: Hashable, Sendable { case journal, preparation, storage, background }

  public var id: UInt64
  public var lane: Lane
  public var work: () throws -> Void

  public init(id: UInt64, lane: Lane, work: @escaping () throws -> Void) {
    self.id = id
    self.lane = lane
    self.work = work
  }
}
