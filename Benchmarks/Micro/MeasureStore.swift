import Benchmark
import Environment
import Raft
import Scratch
import Store
import System

/// A store of 100,000 rows of 512 bytes, all in the database and synced.
private final class MeasuredStore {
  static let rowCount: UInt64 = 100_000
  static let flushedRows = 10_000

  let folder = TemporaryFolder()
  let store: ShardStore
  private var random = SeededRandom(seed: 5)
  private let value = [UInt8](repeating: 0x76, count: 512)
  private var index: LogIndex = 0

  init() {
    let path = folder.path
    store = must {
      try ShardStore.open(disk: RealDisk(), directory: path, configuration: StoreConfiguration(seed: 1))
    }
    for number in 0..<Self.rowCount { store.put(Self.key(number), value) }
    finish(flush())
    checkpoint()
  }

  deinit { store.close() }

  /// As keys of hash-partitioned items are: spread over the whole range.
  static func key(_ number: UInt64) -> [UInt8] {
    var mixed = SeededRandom(seed: number)
    return withUnsafeBytes(of: mixed.next().bigEndian) { Array($0) } + Array("PATIENT#\(number)".utf8)
  }

  func anyKey() -> [UInt8] { Self.key(random.below(Self.rowCount)) }

  /// Puts 10,000 rows over random ones of the store, and gives the job that commits them in key order.
  func fill() -> StoreJob {
    for _ in 0..<Self.flushedRows { store.put(anyKey(), value) }
    return flush()
  }

  private func flush() -> StoreJob {
    index += 1
    store.advance(to: LogPosition(index: index, term: 1))
    guard let job = store.flush(metadata: []) else { fatalError("There is something to flush.") }
    return job
  }

  func finish(_ job: StoreJob) {
    must { try job.run() }
    store.completed(job, error: nil)
  }

  func checkpoint() {
    if let job = store.checkpoint() { finish(job) }
  }
}

func measureStore() {
  Benchmark("Store: get, 10^5 rows", configuration: .quick) { (benchmark, measured: MeasuredStore) in
    let keys = benchmark.scaledIterations.map { _ in measured.anyKey() }
    benchmark.startMeasurement()
    for index in benchmark.scaledIterations { blackHole(must { try measured.store.get(keys[index]) }) }
    benchmark.stopMeasurement()
  } setup: {
    MeasuredStore()
  }
  Benchmark("Store: flush 10,000 of 10^5 rows", configuration: .slow) { (benchmark, measured: MeasuredStore) in
    let job = measured.fill()
    benchmark.startMeasurement()
    must { try job.run() }
    benchmark.stopMeasurement()
    measured.store.completed(job, error: nil)
    measured.checkpoint()
  } setup: {
    MeasuredStore()
  }
}
