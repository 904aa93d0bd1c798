internal import Coordinator
internal import Expressions
internal import Items
internal import Messages

/// What a write's answer shows.
struct WriteReturns {
  enum Shown { case nothing, old, new, updatedOld, updatedNew }

  var shown: Shown
  var showsOldOnFailure: Bool
  var capacity: ConsumedCapacity.Detail
  var showsCollection: Bool
  /// The part of an item that an update touches.
  var updatedPart: Projection?

  /// The parameters are checked against the model before.
  init(_ request: ItemRequest, update: UpdateExpression?) {
    shown =
      switch request.returnValues {
      case "ALL_OLD": .old
      case "ALL_NEW": .new
      case "UPDATED_OLD": .updatedOld
      case "UPDATED_NEW": .updatedNew
      default: .nothing
      }
    showsOldOnFailure = request.returnValuesOnFailure == "ALL_OLD"
    capacity = ConsumedCapacity.Detail(request.returnConsumedCapacity)
    showsCollection = request.returnItemCollectionMetrics == "SIZE"
    if shown == .updatedOld || shown == .updatedNew { updatedPart = update?.updatedPart }
  }

  static func checkOldOnly(_ returnValues: String?) throws(APIError) {
    switch returnValues {
    case nil, "NONE", "ALL_OLD": return
    default: throw .validation("ReturnValues can only be ALL_OLD or NONE")
    }
  }

  /// Units of indexes depend on both images.
  func images(of table: TableHandle) -> ReturnedImages {
    capacity != .none && !table.writtenIndexes.isEmpty ? images.union([.old, .new]) : images
  }

  private var images: ReturnedImages {
    var images: ReturnedImages =
      switch shown {
      case .nothing: []
      case .old, .updatedOld: .old
      case .new, .updatedNew: .new
      }
    if showsOldOnFailure { images.insert(.onConditionFailure) }
    // Only the units depend on the old size; without them a put that has no condition reads nothing at its shard.
    if capacity != .none { images.insert(.oldSize) }
    return images
  }

  func body(_ answer: WriteAnswer, key: RowKey, _ table: TableHandle) -> [UInt8] {
    var writer = JSONWriter(capacity: 64)
    writer.beginObject()
    writeAttributes(answer, to: &writer)
    if capacity != .none { ConsumedCapacity(of: answer, table).writeMember(capacity, to: &writer) }
    if showsCollection, table.hasLocalIndexes {
      writer.key("ItemCollectionMetrics")
      ItemCollection(key, table).write(to: &writer)
    }
    writer.endObject()
    return writer.bytes
  }

  private func writeAttributes(_ answer: WriteAnswer, to writer: inout JSONWriter) {
    let isOld = shown == .old || shown == .updatedOld
    guard shown != .nothing, let image = isOld ? answer.old : answer.new else { return }
    if shown == .old || shown == .new {
      writer.key("Attributes")
      writer.stored(image)
    } else if let updatedPart {
      let part = updatedPart.applied(to: image)
      guard !part.isEmpty else { return }
      writer.key("Attributes")
      writer.item(part)
    }
  }
}

extension Projection {
  func applied(to item: EncodedItem) -> AttributeMap {
    guard let part = try? apply(to: item) else { fatalError("A replica answered with an item that cannot be read.") }
    return part
  }
}

extension ConsumedCapacity {
  /// What a write cost, where its answer has both images or the table has no indexes.
  init(of answer: WriteAnswer, _ table: TableHandle) {
    self.table = table.name
    units = Self.write(oldBytes: answer.oldBytes, newBytes: answer.newBytes)
    for index in table.writtenIndexes {
      let units = index.writeUnits(from: answer.old, to: answer.new)
      if units > 0 { indexes.append(.init(index, units: units)) }
    }
  }
}

extension Exchange {
  func performWrite(
    on table: String, returns: WriteReturns, build: @escaping (TableHandle) throws(APIError) -> ItemWrite
  ) {
    var key = RowKey(bytes: [])
    perform(on: table) { (handle) throws(APIError) in
      let write = try build(handle)
      key = write.key
      return .write(write)
    } done: { [self] outcome, handle in
      switch outcome {
      case .written(let answer): succeed(returns.body(answer, key: key, handle))
      case .conditionFailed(let old, _):
        var error = APIError.conditionFailed
        if returns.showsOldOnFailure { error.item = old }
        fail(error)
      default: fatalError("A write ended with the outcome of another call.")
      }
    } failed: { [self] error in
      fail(error)
    }
  }
}
