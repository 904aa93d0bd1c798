internal import Environment
internal import Glibc

/// One thread with a queue of jobs.
///
/// `@unchecked Sendable`: `mutex` protects `queue`, `isStopping` and `isJoined`; the rest never changes.
final class Worker: @unchecked Sendable {
  private let name: String
  private let completion: WorkerThreads.Completion
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var queue: [Job] = []
  private var isStopping = false
  private var isJoined = false
  private var thread = pthread_t()

  init(name: String, completion: @escaping WorkerThreads.Completion) {
    self.name = name
    self.completion = completion
    mutex.initialize(to: pthread_mutex_t())
    wakeUp.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeUp, nil)
    // The thread holds the worker until it ends, so that a queue is never freed under it.
    let started = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Worker>.fromOpaque(context!).takeRetainedValue().runJobs()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    guard started == 0 else { fatalError("The thread \(name) did not start: \(String(cString: strerror(started))).") }
  }

  deinit {
    pthread_cond_destroy(wakeUp)
    pthread_mutex_destroy(mutex)
    wakeUp.deallocate()
    mutex.deallocate()
  }

  func run(_ job: Job) -> Bool {
    locked {
      if isStopping { return false }
      queue.append(job)
      pthread_cond_signal(wakeUp)
      return true
    }
  }

  func stop() {
    locked {
      isStopping = true
      pthread_cond_signal(wakeUp)
    }
  }

  func join() {
    let isFirst = locked {
      defer { isJoined = true }
      return !isJoined
    }
    if isFirst { pthread_join(thread, nil) }
  }

  private func runJobs() {
    nameThread()
    while let jobs = nextJobs() {
      for job in jobs {
        do {
          try job.work()
          completion(job.id, nil)
        } catch {
          completion(job.id, error)
        }
      }
    }
  }

  /// Names the thread for `top` and debuggers; the C function for it is hidden from Swift.
  private func nameThread() {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = name.utf8CString.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count - 1) }
    close(descriptor)
  }

  /// Waits for jobs; nil once the worker stops and none is left.
  private func nextJobs() -> [Job]? {
    locked {
      while queue.isEmpty && !isStopping { pthread_cond_wait(wakeUp, mutex) }
      if queue.isEmpty { return nil }
      defer { queue = [] }
      return queue
    }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
