internal import Environment
internal import Glibc

/// One open file descriptor. Reads and writes name their position, so that one thread may read a part that no other
/// writes at that time; everything else belongs to one thread at a time.
final class RealFile: File {
  private let path: String
  private(set) var descriptor: Int32

  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close() }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskError) -> Int {
    var done = 0
    while done < buffer.count {
      let place = buffer.baseAddress! + done
      let rest = buffer.count - done
      guard let count = retrying({ pread(descriptor, place, rest, off_t(offset) + done) }) else {
        throw systemError("read", path)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  func write(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskError) {
    var done = 0
    while done < buffer.count {
      let place = buffer.baseAddress! + done
      let rest = buffer.count - done
      guard let count = retrying({ pwrite(descriptor, place, rest, off_t(offset) + done) }) else {
        throw systemError("write", path)
      }
      done += count
    }
  }

  /// Not repeated after EINTR: whatever a first call reported, a second one would prove nothing.
  func sync() throws(DiskError) {
    if fdatasync(descriptor) != 0 { throw systemError("fdatasync", path) }
  }

  func size() throws(DiskError) -> UInt64 {
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw systemError("fstat", path) }
    return UInt64(status.st_size)
  }

  func truncate(to size: UInt64) throws(DiskError) {
    guard retrying({ ftruncate(descriptor, off_t(size)) }) != nil else { throw systemError("ftruncate", path) }
  }

  func close() {
    guard descriptor >= 0 else { return }
    // Linux frees the descriptor even when close reports an error, so it is never repeated.
    _ = Glibc.close(descriptor)
    descriptor = -1
  }
}
