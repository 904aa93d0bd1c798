internal import Bytes
internal import Environment
internal import Raft

/// Which database file in a replica's directory is the live one.
///
/// `CURRENT` says so, integers big-endian:
///
/// | offset | bytes | field |
/// | --- | --- | --- |
/// | 0 | 8 | magic `GNTSTORE` |
/// | 8 | 2 | format, 3; format 1 lacks the snapshot's position, and 2 the page size |
/// | 10 | 8 | generation |
/// | 18 | 8 | identity |
/// | 26 | 16 | index and term of the snapshot that the file was built from, zero where it was not |
/// | 42 | 4 | page size; 4,096 before format 3 |
/// | last | 4 | CRC-32C of all before it |
///
/// It is written only once the file that it names is complete and synced, so another generation can be built beside the
/// live one and then take its place. A directory without it holds no store yet.
struct StoreFiles {
  private static let format: UInt16 = 3
  private static let magic: UInt64 = 0x474E_5453_544F_5245

  var generation: UInt64
  /// Seeds the page checksums of the file, so that a page of another file is never taken for one of this.
  var identity: UInt64
  /// The position of the snapshot that the file was built from: the log may not have reached it yet.
  var snapshot: LogPosition?

  /// Page size of the file; it stays as long as the file does.
  let pageBytes: Int

  /// A new file. The generation goes into the identity: one seed may serve several.
  init(generation: UInt64, _ configuration: StoreConfiguration) {
    var random = SeededRandom(seed: configuration.seed ^ generation)
    self.generation = generation
    identity = random.next()
    pageBytes = configuration.pageBytes
  }

  static func database(_ directory: String, _ generation: UInt64) -> String {
    "\(directory)/\(databaseName(generation))"
  }

  /// The live file; nil where no store was ever completed.
  static func read(_ disk: any Disk, _ directory: String) throws(StoreError) -> StoreFiles? {
    let path = "\(directory)/CURRENT"
    guard try exists(disk, path) else { return nil }
    let bytes = try contents(disk, path)
    let format: UInt16
    do throws(MalformedBytes) {
      var reader = ByteReader(bytes, in: 0..<max(bytes.count - 4, 0))
      var sum = ByteReader(bytes, in: reader.end..<bytes.count)
      let magic = try reader.u64()
      guard try sum.u32() == CRC32C.checksum(Array(bytes[..<reader.end])), magic == Self.magic else {
        throw MalformedBytes("the checksum does not agree")
      }
      format = try reader.u16()
      if (1...Self.format).contains(format) { return try StoreFiles(from: &reader, format: format) }
    } catch {
      throw StoreError(.damaged(page: nil), "\(path) is damaged: \(error)")
    }
    throw StoreError(
      .format, "\(path) has format \(format), this binary reads 1 to \(Self.format): use the release that wrote it")
  }

  private init(from reader: inout ByteReader, format: UInt16) throws(MalformedBytes) {
    generation = try reader.u64()
    identity = try reader.u64()
    if format > 1 {
      let position = LogPosition(index: try reader.u64(), term: try reader.u64())
      snapshot = position == .zero ? nil : position
    }
    pageBytes = format > 2 ? Int(try reader.u32()) : 4_096
    try reader.finish()
  }

  func write(_ disk: any Disk, _ directory: String) throws(StoreError) {
    let what = "could not name the live database in \(directory)"
    let file = try StoreError.attempt(what) { () throws(DiskError) in
      try disk.open("\(directory)/CURRENT.new", create: true)
    }
    defer { file.close() }
    try StoreError.attempt(what) { () throws(DiskError) in
      try file.truncate(to: 0)
      try writeAll(encode(), to: file)
    }
    try StoreError.sync(what) { () throws(DiskError) in try file.sync() }
    try StoreError.attempt(what) { () throws(DiskError) in
      try disk.rename("\(directory)/CURRENT.new", to: "\(directory)/CURRENT")
    }
    try StoreError.sync(what) { () throws(DiskError) in try disk.syncDirectory(directory) }
  }

  /// The name that a process gave which was then killed may be known to the machine's cache only. What follows rests on
  /// it: other files are removed, and the log is dropped.
  static func proveName(_ disk: any Disk, _ directory: String) throws(StoreError) {
    try StoreError.sync("could not sync \(directory)") { () throws(DiskError) in try disk.syncDirectory(directory) }
  }

  private func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: 48)
    writer.u64(Self.magic)
    writer.u16(Self.format)
    writer.u64(generation)
    writer.u64(identity)
    writer.u64(snapshot?.index ?? 0)
    writer.u64(snapshot?.term ?? 0)
    writer.u32(UInt32(pageBytes))
    writer.u32(CRC32C.checksum(writer.bytes))
    return writer.bytes
  }

  /// Makes the directory one without a store. A stop in between leaves the whole store or none.
  static func erase(_ disk: any Disk, _ directory: String) throws(StoreError) {
    guard try exists(disk, directory) else { return }
    let what = "could not erase the store in \(directory)"
    try StoreError.attempt(what) { () throws(DiskError) in
      if try disk.exists("\(directory)/CURRENT") { try disk.remove("\(directory)/CURRENT") }
    }
    // Before the files go: a name without its file would be damage.
    try StoreError.sync(what) { () throws(DiskError) in try disk.syncDirectory(directory) }
    try clean(disk, directory, keeping: nil)
    try StoreError.sync(what) { () throws(DiskError) in try disk.syncDirectory(directory) }
  }

  /// Removes what a broken-off creation or switch left: every file of the store that is not of `live`.
  static func clean(_ disk: any Disk, _ directory: String, keeping live: UInt64?) throws(StoreError) {
    try StoreError.attempt("could not clean \(directory)") { () throws(DiskError) in
      let kept = live.map(databaseName)
      for name in try disk.list(directory) {
        let isOld = name.hasPrefix("shard.") && !(kept.map { name == $0 || name.hasPrefix("\($0)-") } ?? false)
        if isOld || name == "CURRENT.new" { try disk.remove("\(directory)/\(name)") }
      }
    }
  }

  /// The bytes of a file, 0 where it is missing.
  static func size(_ disk: any Disk, _ path: String) throws(StoreError) -> UInt64 {
    guard try exists(disk, path) else { return 0 }
    return try StoreError.attempt("could not look at \(path)") { () throws(DiskError) in
      let file = try disk.open(path, create: false)
      defer { file.close() }
      return try file.size()
    }
  }

  private static func exists(_ disk: any Disk, _ path: String) throws(StoreError) -> Bool {
    do throws(DiskError) { return try disk.exists(path) } catch {
      throw StoreError(error, "could not look for \(path)")
    }
  }

  private static func databaseName(_ generation: UInt64) -> String { "shard.\(generation).db" }

  private static func contents(_ disk: any Disk, _ path: String) throws(StoreError) -> [UInt8] {
    try StoreError.attempt("could not read \(path)") { () throws(DiskError) in
      let file = try disk.open(path, create: false)
      defer { file.close() }
      var buffer = [UInt8](repeating: 0, count: 64)
      let got = try readAll(file, into: &buffer)
      return Array(buffer[..<got])
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
