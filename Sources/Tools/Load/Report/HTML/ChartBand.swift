/// A time of a run in which something was done to what it measured; drawn behind the lines of its charts.
package struct ChartBand: Sendable {
  /// Seconds of the run.
  package var from: Double
  package var to: Double
  /// A few words.
  package var label: String

  package init(from: Double, to: Double, label: String) {
    self.from = from
    self.to = to
    self.label = label
  }
}
