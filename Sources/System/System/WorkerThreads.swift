public import Environment

/// The threads that do a machine's blocking work: one a lane, each running its jobs in order, one at a time.
///
/// The end of a job is reported on the lane's own thread; whoever owns a loop hops to it from there.
public final class WorkerThreads: Sendable {
  /// The job's id and the error that its work threw.
  public typealias Completion = @Sendable (_ job: UInt64, _ error: (any Error)?) -> Void

  private let journal: Worker
  private let preparation: Worker
  private let storage: Worker
  private let background: Worker

  public init(completion: @escaping Completion) {
    journal = Worker(name: "journal", completion: completion)
    preparation = Worker(name: "preparation", completion: completion)
    storage = Worker(name: "storage", completion: completion)
    background = Worker(name: "background", completion: completion)
  }

  /// Queues a job on its lane. Returns false after ``shutdown()``: the job does not run and is not reported.
  @discardableResult public func run(_ job: Job) -> Bool {
    switch job.lane {
    case .journal: journal.run(job)
    case .preparation: preparation.run(job)
    case .storage: storage.run(job)
    case .background: background.run(job)
    }
  }

  /// Runs what is queued to its end, then ends the threads. Not to be called from a completion.
  public func shutdown() {
    for worker in [journal, preparation, storage, background] { worker.stop() }
    for worker in [journal, preparation, storage, background] { worker.join() }
  }
}
