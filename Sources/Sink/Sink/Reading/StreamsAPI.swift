internal import Items

/// A table as its service describes it.
struct TableFacts: Sendable {
  var shape: TableShape
  /// Its ARN and id, which no other table has, not even one of its name that comes after it; nil where the service
  /// tells neither.
  var identity: String?
  /// Nil where the table has no stream.
  var stream: String?
  /// `NEW_AND_OLD_IMAGES` and so on.
  var viewType: String?
}

/// A shard of a stream.
struct StreamShard: Hashable, Sendable {
  var id: String
  /// The shard that it was made of; its records come first.
  var parent: String?
}

/// Where an iterator begins.
enum IteratorPosition: Hashable, Sendable {
  case oldest
  case latest
  case after(SequenceNumber)
}

/// One answer of `Scan`.
struct ScanPage: Sendable {
  var items: [AttributeMap] = []
  /// `LastEvaluatedKey` as JSON; nil at the segment's end.
  var nextKey: [UInt8]?
}

/// Why the service gave no answer.
enum StreamsFailure: Error, Sendable, CustomStringConvertible {
  /// The position is older than what the stream still has.
  case trimmed
  case expiredIterator
  /// The same again may do, a little later.
  case transient(String)
  case refused(String)

  var isTransient: Bool { if case .transient = self { true } else { false } }

  /// There is no such table, stream or shard.
  var isNotFound: Bool { if case .refused(let reason) = self { reason.contains("ResourceNotFound") } else { false } }

  var description: String {
    switch self {
    case .trimmed: "the stream no longer has the records that follow the checkpoint"
    case .expiredIterator: "the shard iterator has expired"
    case .transient(let reason), .refused(let reason): reason
    }
  }
}

/// The calls that a sink makes. One implementation speaks HTTP; tests have another.
protocol StreamsAPI: Sendable {
  func describe(table: String) async throws(StreamsFailure) -> TableFacts
  /// Every shard that the stream still knows, over all pages.
  func shards(of stream: String) async throws(StreamsFailure) -> [StreamShard]
  func iterator(_ stream: String, _ shard: String, _ position: IteratorPosition) async throws(StreamsFailure) -> String
  func records(_ iterator: String, limit: Int) async throws(StreamsFailure) -> RecordsPage
  func scan(
    _ table: String, segment: Int, of segments: Int, after key: [UInt8]?, limit: Int
  ) async throws(StreamsFailure) -> ScanPage
}
