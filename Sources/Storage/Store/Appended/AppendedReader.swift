internal import Bytes
internal import Environment

/// Reads blocks. Belongs to one thread at a time, like the connection beside it.
final class AppendedReader {
  let place: AppendedPlace
  /// The one that was read last: those who follow a strand come back to it.
  private var newest: AppendedRows?

  init(_ place: AppendedPlace) { self.place = place }

  func rows(of run: AppendedRun) throws(StoreError) -> AppendedRows {
    if let newest, newest.file == run.file.number, newest.offset == run.offset { return newest }
    let rows = try read(run)
    newest = rows
    return rows
  }

  private func read(_ run: AppendedRun) throws(StoreError) -> AppendedRows {
    let rows = AppendedRows(run)
    let number = run.file.number
    let got = try StoreError.attempt("could not read \(place.path(of: number))") { () throws(DiskError) in
      try run.file.file.read(into: rows.bytes, at: run.offset)
    }
    guard got == run.count else { throw place.damaged(number, "it ends within a block") }
    let seed = AppendedBlock.seed(place.identity, number, run.offset)
    do throws(MalformedBytes) { try rows.parse(seed: seed) } catch { throw place.damaged(number, "\(error.what)") }
    return rows
  }
}

/// The rows of one block.
final class AppendedRows {
  fileprivate let file: UInt64
  fileprivate let offset: UInt64
  fileprivate let bytes: UnsafeMutableRawBufferPointer
  /// Where each begins, in order.
  private var starts: [Int32] = []

  fileprivate init(_ run: AppendedRun) {
    file = run.file.number
    offset = run.offset
    bytes = .allocate(byteCount: run.count, alignment: 8)
  }

  deinit { bytes.deallocate() }

  var count: Int { starts.count }

  func key(_ row: Int) -> UnsafeRawBufferPointer { field(at: Int(starts[row])) }

  func value(_ row: Int) -> UnsafeRawBufferPointer {
    let start = Int(starts[row])
    return field(at: start + 4 + length(at: start))
  }

  /// The first row whose key is not below `key`.
  func lowerBound(_ key: [UInt8]) -> Int {
    (0..<count).countBefore { row in key.withUnsafeBytes { compareBytes(self.key(row), $0) < 0 } }
  }

  private func length(at offset: Int) -> Int {
    Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
  }

  private func field(at offset: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[(offset + 4)..<(offset + 4 + length(at: offset))])
  }

  private func head(_ seed: UInt32) throws(MalformedBytes) -> AppendedBlock.Head? {
    for count in AppendedBlock.headBytes {
      let start = [UInt8](UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, count)]))
      if let head = try AppendedBlock.head(start, seed: seed) { return head }
    }
    return nil
  }

  /// Checks the block and finds its rows.
  fileprivate func parse(seed: UInt32) throws(MalformedBytes) {
    guard let head = try head(seed), head.count == bytes.count else {
      throw MalformedBytes("a block has another length")
    }
    let rows = UnsafeRawBufferPointer(rebasing: bytes[head.headCount...])
    guard CRC32C.checksum(rows, seed: seed) == head.sum else {
      throw MalformedBytes("the rows of a block have another checksum")
    }
    var offset = head.headCount
    while offset < bytes.count {
      starts.append(Int32(offset))
      for _ in 0..<2 {
        guard bytes.count - offset >= 4, bytes.count - offset - 4 >= length(at: offset) else {
          throw MalformedBytes("a row of a block is too long")
        }
        offset += 4 + length(at: offset)
      }
    }
  }
}
