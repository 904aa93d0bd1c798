public import Shards
import Store

/// The checksum of a replica as it is when the job is made, computed later on a thread.
///
/// The view is that thread's while the job runs; afterwards the node's loop reads the result and closes it.
public final class ChecksumJob {
  private let view: StoreView
  private let ranges: [RowRange]
  public private(set) var result: UInt64?
  /// Of the tables that have replicas in other regions.
  public private(set) var digests: [TableDigest]

  init(view: StoreView, ranges: [RowRange], digests: [TableDigest]) {
    self.view = view
    self.ranges = ranges
    self.digests = digests
  }

  public func run() throws { result = try ShardChecksum.compute(view, ranges: ranges, digests: &digests) }

  public func close() { view.close() }
}
