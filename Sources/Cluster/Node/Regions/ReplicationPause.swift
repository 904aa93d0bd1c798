/// What a node does not send to another region until it is told to go on. Not state: who starts it tells it again.
public struct ReplicationPause: Equatable, Sendable {
  /// Nil: every table.
  public var table: String?
  public var region: String

  public init(table: String?, region: String) {
    self.table = table
    self.region = region
  }

  func holds(_ table: String, to region: String) -> Bool {
    self.region == region && (self.table ?? table) == table
  }
}
