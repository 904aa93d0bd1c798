/// What a load does: the tables it needs, what they hold before, and the operations.
///
/// Everything depends on a seed alone, so that two runs of one workload and seed send the same requests in the same
/// order on each thread.
public struct Workload: Sendable {
  enum Content: Sendable, Equatable {
    case keyValue(KeyValueSettings)
    case registers(RegisterSettings)
    case risDay(RISDaySettings)
  }

  /// A table to make where it does not exist.
  public struct Table: Sendable, Equatable {
    public var name: String
    /// A `CreateTable` request, JSON.
    public var request: [UInt8]
  }

  /// The name of a built-in workload, or the path of its file.
  public let name: String
  let content: Content
  /// Sums that some sources need, made once for all of them.
  private let zeta: Double?

  init(name: String, _ content: Content) {
    self.name = name
    self.content = content
    if case .keyValue(let settings) = content { zeta = KeyChooser.zeta(for: settings) } else { zeta = nil }
  }

  public var tables: [Table] {
    switch content {
    case .keyValue(let settings): [Table(name: settings.table, request: TableRequests.simple(settings.table))]
    case .registers(let settings): [Table(name: settings.table, request: TableRequests.simple(settings.table))]
    case .risDay(let settings): [Table(name: settings.table, request: TableRequests.patients(settings.table))]
    }
  }

  /// Operations a second at which the workload happens in the world that it is a picture of; nil where it has no such
  /// rate. A load without a rate of its own may take it.
  public var naturalRate: Double? {
    if case .risDay(let settings) = content { return settings.naturalRate }
    return nil
  }

  /// The names of its operations; ``Operation/kind`` counts in them.
  public var kinds: [String] {
    switch content {
    case .keyValue(let settings): settings.kinds
    case .registers: RegisterSource.kinds
    case .risDay(let settings): settings.kinds
    }
  }

  /// The requests that bring the tables to the state that the operations begin with, as `BatchWriteItem` calls: each may
  /// be sent any number of times and in any order, also at the same time as the others. Where an answer has unprocessed
  /// items, the call is sent again.
  ///
  /// - Parameters:
  ///   - thread: from 0; threads share the requests out.
  public func rows(seed: UInt64, thread: Int = 0, threads: Int = 1) -> RowBatches {
    RowBatches(content, seed: seed, thread: thread, threads: threads)
  }

  /// Requests that ``rows(seed:thread:threads:)`` gives on all threads together, for showing progress; exact but for the
  /// ends of threads.
  public var rowBatchCount: Int {
    switch content {
    case .keyValue(let settings): (settings.preload ? settings.records : 0).batches
    case .registers(let settings): settings.keys.batches
    case .risDay(let settings): (settings.patients * RISDaySettings.itemsOfPatient).batches
    }
  }

  /// The operations of one thread. Threads use different keys where it matters who wrote one.
  ///
  /// - Parameter thread: from 0 to `threads - 1`.
  public func source(seed: UInt64, thread: Int, threads: Int) -> WorkloadSource {
    precondition((0..<threads).contains(thread), "A workload's thread is one of its threads.")
    let place = SourcePlace(seed: seed, thread: thread, threads: threads)
    switch content {
    case .keyValue(let settings): return WorkloadSource(KeyValueSource(settings, at: place, zeta: zeta))
    case .registers(let settings): return WorkloadSource(RegisterSource(settings, at: place))
    case .risDay(let settings): return WorkloadSource(RISDaySource(settings, at: place))
    }
  }
}

extension Int {
  fileprivate var batches: Int { (self + RowBatches.rowsMax - 1) / RowBatches.rowsMax }
}
