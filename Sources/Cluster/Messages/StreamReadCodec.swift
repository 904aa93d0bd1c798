import Bytes
import Items

extension StreamRead {
  private enum Code { static let horizon: UInt8 = 0, after: UInt8 = 1 }

  func encode(into writer: inout ByteWriter) {
    writer.table(table)
    writer.varint(startedAtMs)
    switch start {
    case .horizon: writer.u8(Code.horizon)
    case .after(let sequence):
      writer.u8(Code.after)
      writer.varint(sequence)
    }
    writer.u32(recordsMax)
    writer.u32(bytesMax)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    table = try reader.table()
    startedAtMs = try reader.varint()
    switch try reader.u8() {
    case Code.horizon: start = .horizon
    case Code.after: start = .after(try reader.varint())
    default: throw MalformedBytes("an unknown start of a stream read")
    }
    recordsMax = try reader.u32()
    bytesMax = try reader.u32()
  }
}

extension StreamSpan {
  func encode(into writer: inout ByteWriter) {
    writer.varint(since)
    writer.optional(until) { $0.varint($1) }
    writer.varint(horizon)
    writer.varint(end)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    since = try reader.varint()
    until = try reader.optional { (input) throws(MalformedBytes) in try input.varint() }
    horizon = try reader.varint()
    end = try reader.varint()
  }
}

extension StreamRecord {
  func encode(into writer: inout ByteWriter) {
    writer.varint(sequence)
    writer.varint(timeMs)
    writer.u8(change.rawValue)
    writer.bool(isExpiry)
    writer.rowKey(key)
    writer.optional(old) { $0.item($1) }
    writer.optional(new) { $0.item($1) }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    sequence = try reader.varint()
    timeMs = try reader.varint()
    guard let change = Change(rawValue: try reader.u8()) else { throw MalformedBytes("an unknown kind of change") }
    self.change = change
    isExpiry = try reader.bool()
    key = try reader.rowKey()
    old = try reader.optional { (input) throws(MalformedBytes) in try input.item() }
    new = try reader.optional { (input) throws(MalformedBytes) in try input.item() }
  }
}

extension StreamPage {
  func encode(into writer: inout ByteWriter) {
    writer.optional(span) { $1.encode(into: &$0) }
    writer.array(records) { $1.encode(into: &$0) }
    writer.varint(through)
    writer.bool(isTrimmed)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    span = try reader.optional { (input) throws(MalformedBytes) in try StreamSpan(from: &input) }
    records = try reader.array { (input) throws(MalformedBytes) in try StreamRecord(from: &input) }
    through = try reader.varint()
    isTrimmed = try reader.bool()
  }
}
