internal import Bytes
internal import Crypto
internal import Items

/// One change of an item, with everything taken out that may not leave.
struct ItemChange: Sendable {
  var identity: ItemIdentity
  var event: StreamRecord.Event
  var sequence: SequenceNumber
  var changedAt: Timestamp
  /// Nil: the item is gone.
  var image: AttributeMap?
  var audit: AuditRow?
}

/// A record that could not be applied, and why.
struct DeadLetter: Sendable {
  var identity: ItemIdentity?
  var event: StreamRecord.Event
  var sequence: SequenceNumber
  var changedAt: Timestamp
  var targetTable: String?
  var reason: String
  var image: AttributeMap?

  init(_ change: ItemChange, table: String? = nil, reason: String) {
    identity = change.identity
    (event, sequence, changedAt, image) = (change.event, change.sequence, change.changedAt, change.image)
    (targetTable, self.reason) = (table, reason)
  }

  init(_ record: StreamRecord, _ identity: ItemIdentity?, reason: String) {
    self.identity = identity
    (event, sequence, changedAt) = (record.event, record.sequence, record.createdAt)
    self.reason = reason
  }
}

/// What a record is to the sink.
enum BatchEntry: Sendable {
  case change(ItemChange)
  case letter(DeadLetter)

  var sequence: SequenceNumber {
    switch self {
    case .change(let change): change.sequence
    case .letter(let letter): letter.sequence
    }
  }
}

/// Turns records into changes. Nothing that a residency rule forbids comes out of it.
struct RecordReader: Sendable {
  let shape: TableShape
  let residency: Residency
  /// The stream's ARN.
  let stream: String

  func entry(_ record: StreamRecord) -> BatchEntry {
    let identity = ItemIdentity(record.keys, of: shape)
    if let fault = record.fault { return .letter(DeadLetter(record, identity, reason: fault)) }
    guard let identity else {
      return .letter(DeadLetter(record, nil, reason: "the record lacks a key of the table \(shape.name)"))
    }
    guard record.event == .remove || record.newImage != nil else {
      return .letter(
        DeadLetter(record, identity, reason: "the record has no new image; the stream must carry new images"))
    }
    let image = record.event == .remove ? nil : record.newImage.map { residency.apply($0) }
    var audit: AuditRow?
    if record.event == .modify, let old = record.oldImage, let image {
      audit = AuditRow(
        old: residency.apply(old), new: image, recordedAt: record.createdAt,
        eventID: eventID(identity, record.sequence))
    }
    return .change(
      ItemChange(
        identity: identity, event: record.event, sequence: record.sequence, changedAt: record.createdAt, image: image,
        audit: audit))
  }

  private func eventID(_ identity: ItemIdentity, _ sequence: SequenceNumber) -> [UInt8] {
    var writer = ByteWriter(capacity: 128)
    writer.blob(Array(stream.utf8))
    writer.blob(Array(sequence.description.utf8))
    writer.raw(identity.id)
    return Array(SHA256.hash(data: writer.bytes))
  }
}
