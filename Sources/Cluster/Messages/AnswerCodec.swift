public import Bytes
import Items

extension Refusal {
  private enum Tag {
    static let notLeader: UInt8 = 1, wrongShard: UInt8 = 2, unknownTable: UInt8 = 3, overloaded: UInt8 = 4
    static let outcomeUnknown: UInt8 = 5, invalid: UInt8 = 6, failed: UInt8 = 7
    static let otherTerm: UInt8 = 8, expired: UInt8 = 9
  }

  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .notLeader(let leader):
      writer.u8(Tag.notLeader)
      writer.optional(leader) { $0.node($1) }
    case .otherTerm: writer.u8(Tag.otherTerm)
    case .expired(let timeMs):
      writer.u8(Tag.expired)
      writer.varint(timeMs)
    case .wrongShard: writer.u8(Tag.wrongShard)
    case .unknownTable: writer.u8(Tag.unknownTable)
    case .overloaded: writer.u8(Tag.overloaded)
    case .outcomeUnknown: writer.u8(Tag.outcomeUnknown)
    case .invalid(let text):
      writer.u8(Tag.invalid)
      writer.string(text)
    case .failed(let text):
      writer.u8(Tag.failed)
      writer.string(text)
    }
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    switch try reader.u8() {
    case Tag.notLeader:
      self = .notLeader(leader: try reader.optional { (input) throws(MalformedBytes) in try input.node() })
    case Tag.otherTerm: self = .otherTerm
    case Tag.expired: self = .expired(timeMs: try reader.varint())
    case Tag.wrongShard: self = .wrongShard
    case Tag.unknownTable: self = .unknownTable
    case Tag.overloaded: self = .overloaded
    case Tag.outcomeUnknown: self = .outcomeUnknown
    case Tag.invalid: self = .invalid(try reader.string())
    case Tag.failed: self = .failed(try reader.string())
    default: throw MalformedBytes("an unknown refusal")
    }
  }
}

extension WriteAnswer {
  func encode(into writer: inout ByteWriter) {
    writer.u32(oldBytes)
    writer.u32(newBytes)
    writer.optional(old) { $0.item($1) }
    writer.optional(new) { $0.item($1) }
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    oldBytes = try reader.u32()
    newBytes = try reader.u32()
    old = try reader.optional { (input) throws(MalformedBytes) in try input.item() }
    new = try reader.optional { (input) throws(MalformedBytes) in try input.item() }
  }
}

extension RangePage {
  func encode(into writer: inout ByteWriter) {
    writer.array(items) { $0.item($1) }
    writer.u32(count)
    writer.u32(scannedCount)
    writer.u64(scannedBytes)
    writer.optional(last) { $0.rowKey($1) }
    writer.u32(fetchedSteps)
  }

  init(from reader: inout ByteReader) throws(MalformedBytes) {
    items = try reader.array { (input) throws(MalformedBytes) in try input.item() }
    count = try reader.u32()
    scannedCount = try reader.u32()
    scannedBytes = try reader.u64()
    last = try reader.optional { (input) throws(MalformedBytes) in try input.rowKey() }
    fetchedSteps = try reader.u32()
  }
}

extension Answer {
  private enum Tag {
    static let written: UInt8 = 1, conditionFailed: UInt8 = 2, item: UInt8 = 3, page: UInt8 = 4
    static let catalogOutcome: UInt8 = 5, catalog: UInt8 = 6, done: UInt8 = 7, checksumAt: UInt8 = 8
    static let refused: UInt8 = 9, member: UInt8 = 10, replacement: UInt8 = 11
    static let notYet: UInt8 = 12, indexed: UInt8 = 13, stream: UInt8 = 16, sizes: UInt8 = 20, mark: UInt8 = 30
  }

  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .written(let answer):
      writer.u8(Tag.written)
      answer.encode(into: &writer)
    case .conditionFailed(let old, let oldBytes):
      writer.u8(Tag.conditionFailed)
      writer.optional(old) { $0.item($1) }
      writer.u32(oldBytes)
    case .item(let item):
      writer.u8(Tag.item)
      writer.optional(item) { $0.item($1) }
    case .page(let page):
      writer.u8(Tag.page)
      page.encode(into: &writer)
    case .catalogOutcome(let outcome):
      writer.u8(Tag.catalogOutcome)
      writer.blob(outcome)
    case .catalog(let catalog):
      writer.u8(Tag.catalog)
      writer.optional(catalog) { $0.blob($1) }
    case .done: writer.u8(Tag.done)
    case .notYet: writer.u8(Tag.notYet)
    case .checksumAt(let index):
      writer.u8(Tag.checksumAt)
      writer.varint(index)
    case .refused(let refusal):
      writer.u8(Tag.refused)
      refusal.encode(into: &writer)
    case .member(let hasTerm, let seenIncarnation):
      writer.u8(Tag.member)
      writer.bool(hasTerm)
      writer.u64(seenIncarnation)
    case .replacement(let id):
      writer.u8(Tag.replacement)
      writer.u64(id)
    case .indexed(let through):
      writer.u8(Tag.indexed)
      writer.varint(through)
    case .mark(let mark):
      writer.u8(Tag.mark)
      mark.encode(into: &writer)
    case .stream(let page):
      writer.u8(Tag.stream)
      page.encode(into: &writer)
    case .sizes(let sizes):
      writer.u8(Tag.sizes)
      writer.array(sizes) { $1.encode(into: &$0) }
    }
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    switch try reader.u8() {
    case Tag.written: self = .written(try WriteAnswer(from: &reader))
    case Tag.conditionFailed:
      let old = try reader.optional { (input) throws(MalformedBytes) in try input.item() }
      self = .conditionFailed(old: old, oldBytes: try reader.u32())
    case Tag.item:
      self = .item(try reader.optional { (input) throws(MalformedBytes) in try input.item() })
    case Tag.page: self = .page(try RangePage(from: &reader))
    case Tag.catalogOutcome: self = .catalogOutcome(try reader.blob())
    case Tag.catalog:
      self = .catalog(try reader.optional { (input) throws(MalformedBytes) in try input.blob() })
    case Tag.done: self = .done
    case Tag.notYet: self = .notYet
    case Tag.checksumAt: self = .checksumAt(try reader.varint())
    case Tag.refused: self = .refused(try Refusal(from: &reader))
    case Tag.member: self = .member(hasTerm: try reader.bool(), seenIncarnation: try reader.u64())
    case Tag.replacement: self = .replacement(try reader.u64())
    case Tag.indexed: self = .indexed(through: try reader.varint())
    case Tag.mark: self = .mark(try RegionMark(from: &reader))
    case Tag.stream: self = .stream(try StreamPage(from: &reader))
    case Tag.sizes:
      self = .sizes(try reader.array { (input) throws(MalformedBytes) in try TableSize(from: &input) })
    default: throw MalformedBytes("an unknown answer")
    }
  }
}

extension Response {
  public func encode(into writer: inout ByteWriter) {
    writer.varint(id)
    writer.varint(term)
    answer.encode(into: &writer)
  }

  public init(from reader: inout ByteReader) throws(MalformedBytes) {
    id = try reader.varint()
    term = try reader.varint()
    answer = try Answer(from: &reader)
  }
}
