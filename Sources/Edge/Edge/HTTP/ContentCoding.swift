internal import CZlib
internal import NIOCore

/// The codings of bodies that are understood both ways (RFC 9110, section 8.4.1).
enum ContentCoding: String {
  case gzip
  /// The zlib format (RFC 1950).
  case deflate

  /// Why a body could not be unpacked.
  enum Fault: Error {
    case malformed
    /// It would be longer than allowed.
    case tooLarge
  }

  /// Answers below this are sent as they are, as DynamoDB does.
  static let packedBytesMin = 4_096

  private var windowBits: Int32 { self == .gzip ? 15 + 16 : 15 }

  // MARK: Unpacking

  /// Unpacks a whole body; a gzip body may have several members. Takes memory for no more than the bound and a piece,
  /// whatever the input claims.
  func unpack(_ body: ByteBuffer, bytesMax: Int) throws(Fault) -> ByteBuffer {
    var stream = z_stream()
    guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      fatalError("zlib could not begin to unpack.")
    }
    defer { inflateEnd(&stream) }
    var input = Array(body.readableBytesView)
    let outcome: Result<ByteBuffer, Fault> = input.withUnsafeMutableBufferPointer { bytes in
      stream.next_in = bytes.baseAddress
      stream.avail_in = UInt32(bytes.count)
      do throws(Fault) { return .success(try inflateAll(&stream, bytesMax)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  private static let pieceBytes = 64 << 10

  private func inflateAll(_ stream: inout z_stream, _ bytesMax: Int) throws(Fault) -> ByteBuffer {
    var unpacked = ByteBuffer()
    var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
    while true {
      let code = piece.withUnsafeMutableBufferPointer { room in
        stream.next_out = room.baseAddress
        stream.avail_out = UInt32(room.count)
        return CZlib.inflate(&stream, Z_NO_FLUSH)
      }
      unpacked.writeBytes(piece[..<(piece.count - Int(stream.avail_out))])
      guard unpacked.readableBytes <= bytesMax else { throw .tooLarge }
      switch code {
      case Z_OK: continue
      case Z_STREAM_END where stream.avail_in == 0: return unpacked
      case Z_STREAM_END where self == .gzip:
        guard inflateReset(&stream) == Z_OK else { throw .malformed }
      default: throw .malformed
      }
    }
  }

  // MARK: Packing

  func pack(_ body: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    let code = deflateInit2_(
      &stream, 1, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { fatalError("zlib could not begin to pack.") }
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, UInt(body.count)))
    var body = body
    return [UInt8](unsafeUninitializedCapacity: bound) { packed, count in
      body.withUnsafeMutableBufferPointer { bytes in
        stream.next_in = bytes.baseAddress
        stream.avail_in = UInt32(bytes.count)
        stream.next_out = packed.baseAddress
        stream.avail_out = UInt32(bound)
        guard CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END else { fatalError("zlib packed more than its bound.") }
      }
      count = bound - Int(stream.avail_out)
    }
  }
}

extension HTTPAnswer {
  /// Packed as the client asked, where that is worth it.
  mutating func pack(_ coding: ContentCoding?) {
    guard let coding, style == .amazon, body.count >= ContentCoding.packedBytesMin else { return }
    body = coding.pack(body)
    headers.append(("content-encoding", coding.rawValue))
  }
}
