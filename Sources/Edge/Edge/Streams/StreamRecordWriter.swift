internal import Bytes
internal import Catalog
internal import Items
internal import Messages

/// Writes records of one stream's shard as GetRecords shows them.
struct StreamRecordWriter {
  let stream: KnownStream
  let shard: ShardID
  let region: String

  func write(_ record: StreamRecord, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("eventID", eventID(record))
    writer.member("eventName", record.change.name)
    writer.member("eventVersion", "1.1")
    writer.member("eventSource", "aws:dynamodb")
    writer.member("awsRegion", region)
    writer.key("dynamodb")
    writeChange(record, to: &writer)
    if record.isExpiry {
      writer.key("userIdentity")
      writer.beginObject()
      writer.member("PrincipalId", "dynamodb.amazonaws.com")
      writer.member("Type", "Service")
      writer.endObject()
    }
    writer.endObject()
  }

  private func writeChange(_ record: StreamRecord, to writer: inout JSONWriter) {
    let keys = keys(of: record)
    writer.beginObject()
    writer.key("ApproximateCreationDateTime")
    writer.integer(Int(record.timeMs / 1_000))
    writer.key("Keys")
    writer.item(keys)
    if let new = record.new {
      writer.key("NewImage")
      writer.stored(new)
    }
    if let old = record.old {
      writer.key("OldImage")
      writer.stored(old)
    }
    writer.member("SequenceNumber", SequenceNumber.text(record.sequence))
    writer.key("SizeBytes")
    writer.integer(keys.sizeBytes + (record.new?.sizeBytes ?? 0) + (record.old?.sizeBytes ?? 0))
    writer.member("StreamViewType", stream.settings.view.name)
    writer.endObject()
  }

  private func keys(of record: StreamRecord) -> AttributeMap {
    do throws(MalformedBytes) { return try stream.handle.key.attributes(of: record.key) } catch {
      fatalError("A replica answered with a row key that cannot be read: \(error.what).")
    }
  }

  /// 32 hexadecimal digits: the same whenever a record is read, and of no other one.
  private func eventID(_ record: StreamRecord) -> String {
    var writer = ByteWriter(capacity: 40)
    writer.raw(stream.handle.table.uniqueID)
    writer.u64(stream.settings.startedAtMs)
    writer.shard(shard)
    writer.u64(record.sequence)
    let high = Hash64.hash(writer.bytes, seed: 1)
    return Digits.hexadecimal(high, 16) + Digits.hexadecimal(Hash64.hash(writer.bytes, seed: 2), 16)
  }
}

extension StreamRecord.Change {
  fileprivate var name: String {
    switch self {
    case .insert: "INSERT"
    case .modify: "MODIFY"
    case .remove: "REMOVE"
    }
  }
}
