import Bytes
public import Catalog
import Messages

/// The streams that a table has had, as the readers of its feed with nothing but a retention (TRAPS 18).
extension FeedState {
  /// A time for which the table's stream was on, by places of the feed.
  public struct Stream: Equatable, Sendable {
    /// Names it among those of the table.
    public var startedAtMs: UInt64
    public var view: StreamViewType
    /// Its records have higher sequences.
    public var since: UInt64
    /// Nil while it is on.
    public var closed: Closing?

    public struct Closing: Equatable, Sendable {
      /// None of its records has a higher sequence.
      public var through: UInt64
      /// The shard's logical time.
      public var atMs: UInt64
    }

    func shows(_ sequence: UInt64) -> Bool { sequence > since && sequence <= closed?.through ?? .max }
  }

  /// Of one table; the oldest goes early.
  static let streamsMax = 101

  public func stream(_ startedAtMs: UInt64) -> Stream? { streams.first { $0.startedAtMs == startedAtMs } }

  /// What streams keep of the feed.
  var streamBytes: UInt64 { streams.isEmpty ? 0 : endBytes - min(expiredBytes, endBytes) }

  /// Takes what the settings at that place say of the stream.
  mutating func follow(_ stream: StreamSettings?, at sequence: UInt64, timeMs: UInt64) {
    if let last = streams.indices.last, streams[last].closed == nil {
      guard streams[last].startedAtMs != stream?.startedAtMs else { return }
      let atMs = max(timeMs, streams[last].startedAtMs)
      streams[last].closed = Stream.Closing(through: sequence, atMs: atMs)
    }
    guard let stream else { return }
    // What is there already is none of any stream's.
    if streams.isEmpty { (expired, expiredBytes) = (end, endBytes) }
    streams.append(Stream(startedAtMs: stream.startedAtMs, view: stream.view, since: sequence))
    if streams.count > Self.streamsMax { streams.removeFirst() }
  }

  mutating func take(_ trim: StreamTrim) {
    if trim.through > expired {
      expired = min(trim.through, end)
      expiredBytes = min(trim.bytes, endBytes)
      lost = max(lost, min(trim.lost, end))
    }
    streams.removeAll { $0.closed != nil && trim.forgotten.contains($0.startedAtMs) }
  }

  func span(of stream: Stream) -> StreamSpan {
    let until = stream.closed?.through
    let end = until ?? max(stream.since, end)
    return StreamSpan(since: stream.since, until: until, horizon: max(stream.since, min(lost, end)), end: end)
  }
}

/// ```
/// started at (varint) | view (u8) | since (varint) | closed? through (varint), at (varint)
/// ```
extension FeedState.Stream {
  func encode(into writer: inout ByteWriter) {
    writer.varint(startedAtMs)
    writer.u8(view.rawValue)
    writer.varint(since)
    writer.optional(closed) {
      $0.varint($1.through)
      $0.varint($1.atMs)
    }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    startedAtMs = try reader.varint()
    guard let view = StreamViewType(rawValue: try reader.u8()) else { throw MalformedBytes("an unknown stream view") }
    self.view = view
    since = try reader.varint()
    closed = try reader.optional { (input) throws(MalformedBytes) in
      let through = try input.varint()
      return Closing(through: through, atMs: try input.varint())
    }
  }
}
