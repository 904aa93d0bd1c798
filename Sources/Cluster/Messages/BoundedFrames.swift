public import Bytes

/// Lays out what one turn has for one process as frames of bounded length.
///
/// ```
/// header (as given) | count (varint) | that many elements
/// ```
public enum BoundedFrames {
  /// A frame ends with the element that takes it beyond this, so that none comes near the transport's limit.
  public static let bytesMax = 4 << 20

  /// As many frames as it takes, usually one; none for no elements.
  @inlinable public static func encode<Element>(
    header: [UInt8] = [], _ elements: [Element], _ write: (inout ByteWriter, Element) -> Void
  ) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    var body = ByteWriter(capacity: 1_024)
    var count = 0
    func close() {
      var frame = ByteWriter(capacity: header.count + 10 + body.count)
      frame.raw(header)
      frame.count(count)
      frame.raw(body.bytes)
      frames.append(frame.bytes)
      body.bytes.removeAll(keepingCapacity: true)
      count = 0
    }
    for element in elements {
      write(&body, element)
      count += 1
      if body.count >= bytesMax { close() }
    }
    if count > 0 { close() }
    return frames
  }
}
