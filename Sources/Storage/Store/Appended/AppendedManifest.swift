internal import Bytes

/// What a database says of the files beside it, committed with the rows that it belongs to: everything behind the ends
/// named here is not there.
struct AppendedManifest: Equatable {
  struct File: Equatable {
    var number: UInt64
    var end: UInt64
  }

  struct Floor: Equatable {
    var strand: [UInt8]
    var floor: [UInt8]
  }

  /// Ascending.
  var files: [File] = []
  /// No file has had it yet.
  var nextFile: UInt64 = 1
  /// Ascending by strand.
  var floors: [Floor] = []

  init() {}

  /// ```
  /// format (u8), 1 | next file (varint) | files (array): number (varint), end (varint) | floors (array): strand (blob),
  /// floor (blob)
  /// ```
  func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: 32)
    writer.u8(1)
    writer.varint(nextFile)
    writer.array(files) { writer, file in
      writer.varint(file.number)
      writer.varint(file.end)
    }
    writer.array(floors) { writer, floor in
      writer.blob(floor.strand)
      writer.blob(floor.floor)
    }
    return writer.bytes
  }

  init(_ bytes: [UInt8]) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    guard try reader.u8() == 1 else { throw MalformedBytes("an unknown list of files") }
    nextFile = try reader.varint()
    files = try reader.array { (input) throws(MalformedBytes) in
      File(number: try input.varint(), end: try input.varint())
    }
    floors = try reader.array { (input) throws(MalformedBytes) in
      Floor(strand: try input.blob(), floor: try input.blob())
    }
    try reader.finish()
  }
}
