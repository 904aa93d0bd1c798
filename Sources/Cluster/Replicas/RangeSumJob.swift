public import Shards
import Store

/// The sum over some rows of a replica as it is when the job is made, computed later on a thread.
///
/// The view is that thread's while the job runs; afterwards the node's loop reads the result and closes it.
public final class RangeSumJob {
  private let view: StoreView
  private let ranges: [RowRange]
  private let order: RangeSumOrder
  public private(set) var result: RangeSum?

  init(view: StoreView, ranges: [RowRange], order: RangeSumOrder) {
    self.view = view
    self.ranges = ranges
    self.order = order
  }

  public func run() throws { result = try RangeSum.compute(view, ranges: ranges, order) }

  public func close() { view.close() }
}
