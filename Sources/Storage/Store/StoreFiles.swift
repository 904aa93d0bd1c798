internal import Bytes
internal import Environment

/// Which database file in a replica's directory is the live one.
///
/// `CURRENT` says so: magic `GNTSTORE` (8 bytes), format (u16), generation (u64), identity (u64), CRC-32C of all
/// before it (u32), big-endian. It is written only once the file that it names is complete and synced, so another
/// generation can be built beside the live one and then take its place. A directory without it holds no store yet.
struct StoreFiles {
  static let format: UInt16 = 1
  private static let magic: UInt64 = 0x474E_5453_544F_5245

  var generation: UInt64
  /// Seeds the page checksums of the file, so that a page of another file is never taken for one of this.
  var identity: UInt64

  static func database(_ directory: String, _ generation: UInt64) -> String {
    "\(directory)/\(databaseName(generation))"
  }

  /// The live file; nil where no store was ever completed.
  static func read(_ disk: any Disk, _ directory: String) throws(StoreError) -> StoreFiles? {
    let path = "\(directory)/CURRENT"
    guard try exists(disk, path) else { return nil }
    let bytes = try contents(disk, path)
    let format: UInt16
    let files: StoreFiles
    do throws(MalformedBytes) {
      var reader = ByteReader(bytes)
      let magic = try reader.u64()
      format = try reader.u16()
      files = StoreFiles(generation: try reader.u64(), identity: try reader.u64())
      let checked = reader.position
      guard try reader.u32() == CRC32C.checksum(Array(bytes[..<checked])), magic == Self.magic else {
        throw MalformedBytes("the checksum does not agree")
      }
    } catch {
      throw StoreError(.damaged(page: nil), "\(path) is damaged: \(error)")
    }
    guard format == Self.format else { throw StoreError(.format, "\(path) has format \(format)") }
    return files
  }

  func write(_ disk: any Disk, _ directory: String) throws(StoreError) {
    var writer = ByteWriter()
    writer.u64(Self.magic)
    writer.u16(Self.format)
    writer.u64(generation)
    writer.u64(identity)
    writer.u32(CRC32C.checksum(writer.bytes))
    do throws(DiskError) {
      let file = try disk.open("\(directory)/CURRENT.new", create: true)
      defer { file.close() }
      try file.truncate(to: 0)
      try writeAll(writer.bytes, to: file)
      try file.sync()
      try disk.rename("\(directory)/CURRENT.new", to: "\(directory)/CURRENT")
      try disk.syncDirectory(directory)
    } catch {
      throw StoreError(error, "could not name the live database in \(directory)")
    }
  }

  /// Removes what a broken-off creation or switch left: every file of the store that is not of `live`.
  static func clean(_ disk: any Disk, _ directory: String, keeping live: UInt64?) throws(StoreError) {
    do throws(DiskError) {
      let kept = live.map(databaseName)
      for name in try disk.list(directory) {
        let isOld = name.hasPrefix("shard.") && !(kept.map { name == $0 || name.hasPrefix("\($0)-") } ?? false)
        if isOld || name == "CURRENT.new" { try disk.remove("\(directory)/\(name)") }
      }
    } catch {
      throw StoreError(error, "could not clean \(directory)")
    }
  }

  /// The bytes of a file, 0 where it is missing.
  static func size(_ disk: any Disk, _ path: String) throws(StoreError) -> UInt64 {
    guard try exists(disk, path) else { return 0 }
    do throws(DiskError) {
      let file = try disk.open(path, create: false)
      defer { file.close() }
      return try file.size()
    } catch {
      throw StoreError(error, "could not look at \(path)")
    }
  }

  private static func exists(_ disk: any Disk, _ path: String) throws(StoreError) -> Bool {
    do throws(DiskError) { return try disk.exists(path) } catch {
      throw StoreError(error, "could not look for \(path)")
    }
  }

  private static func databaseName(_ generation: UInt64) -> String { "shard.\(generation).db" }

  private static func contents(_ disk: any Disk, _ path: String) throws(StoreError) -> [UInt8] {
    do throws(DiskError) {
      let file = try disk.open(path, create: false)
      defer { file.close() }
      var buffer = [UInt8](repeating: 0, count: 64)
      let got = try readAll(file, into: &buffer)
      return Array(buffer[..<got])
    } catch {
      throw StoreError(error, "could not read \(path)")
    }
  }
}

private func readAll(_ file: any File, into buffer: inout [UInt8]) throws(DiskError) -> Int {
  let result = buffer.withUnsafeMutableBytes { raw in
    Result { () throws(DiskError) in try file.read(into: raw, at: 0) }
  }
  return try result.get()
}

private func writeAll(_ bytes: [UInt8], to file: any File) throws(DiskError) {
  let result = bytes.withUnsafeBytes { raw in
    Result { () throws(DiskError) in try file.write(raw, at: 0) }
  }
  try result.get()
}
