internal import Catalog
internal import Environment

/// What an ARN says of a stream: its table's name, and the label by which it is one of that table's.
struct StreamName: Equatable {
  var table: String
  /// When it was switched on (``Timestamps/label(_:)``): no two streams of a table have the same.
  var label: String

  init(table: String, label: String) {
    self.table = table
    self.label = label
  }

  /// `arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE/stream/LABEL`; nil for anything else. Region and account are not
  /// looked at: there is one of each.
  init?(arn: String) {
    let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "arn", parts[2] == "dynamodb" else { return nil }
    let path = parts[5].split(separator: "/", omittingEmptySubsequences: false)
    guard path.count == 4, path[0] == "table", path[2] == "stream", TableName.isValid(path[1]), !path[3].isEmpty else {
      return nil
    }
    self.init(table: String(path[1]), label: String(path[3]))
  }

  /// The order of ListStreams: labels order as times do.
  static func < (left: StreamName, right: StreamName) -> Bool {
    (left.table, left.label) < (right.table, right.label)
  }
}

/// A stream that can be read.
struct KnownStream {
  let handle: TableHandle
  let settings: StreamSettings
  /// Whether it is on.
  let isOpen: Bool

  var name: StreamName { StreamName(table: handle.name, label: Timestamps.label(settings.startedAtMs)) }
}

extension TableHandle {
  /// The streams that the table has and had, in the order of their starts: those that are off are shown for a day.
  func streams(atMs now: UInt64) -> [KnownStream] {
    guard table.settingsVersion > 0, table.status != .deleting else { return [] }
    let closed = table.closedStreams.filter { $0.isShown(atMs: now) }
      .map { KnownStream(handle: self, settings: $0.stream, isOpen: false) }
    return closed + (table.openStream.map { [KnownStream(handle: self, settings: $0, isOpen: true)] } ?? [])
  }
}

extension Service {
  func arn(_ stream: StreamName) -> String { "\(arn(table: stream.table))/stream/\(stream.label)" }

  /// As far as this process knows.
  func stream(_ name: StreamName) -> KnownStream? {
    anyTable(name.table)?.streams(atMs: clock.wallTimeMs).first { $0.name == name }
  }
}

extension APIError {
  static let invalidStreamArn = APIError.validation("Invalid StreamArn")

  static func notFound(stream arn: String) -> APIError {
    APIError(.resourceNotFound, "Requested resource not found: Stream: \(arn) not found")
  }

  static let shardNotFound = APIError(.resourceNotFound, "Requested resource not found: Shard does not exist")

  static let trimmed = APIError(.trimmedDataAccess, "The data you are trying to access has been trimmed")
}

extension Exchange {
  /// Finds a stream, asking for the newest catalog before it says that there is none.
  func withStream(_ arn: String, _ body: @escaping (KnownStream) -> Void) {
    guard let name = StreamName(arn: arn) else { return fail(.invalidStreamArn) }
    if let stream = service.stream(name) { return body(stream) }
    refreshed { [self] error in
      if let error { return fail(error) }
      guard let stream = service.stream(name) else { return fail(.notFound(stream: arn)) }
      body(stream)
    }
  }
}
