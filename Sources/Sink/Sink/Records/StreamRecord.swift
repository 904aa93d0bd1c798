internal import Items

/// One record of a DynamoDB stream.
struct StreamRecord: Sendable {
  enum Event: String, Sendable {
    case insert = "INSERT"
    case modify = "MODIFY"
    case remove = "REMOVE"
  }

  var event: Event
  var sequence: SequenceNumber
  var keys: AttributeMap
  var newImage: AttributeMap?
  var oldImage: AttributeMap?
  /// The service calls it approximate.
  var createdAt: Timestamp
  /// What is wrong with an image that cannot be read; the images are then nil.
  var fault: String?
}

/// One answer of `GetRecords`.
struct RecordsPage: Sendable {
  var records: [StreamRecord] = []
  /// Nil at the end of a closed shard.
  var nextIterator: String?
}
