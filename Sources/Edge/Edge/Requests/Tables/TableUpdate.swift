internal import Catalog
internal import Items

/// What UpdateTable makes of a table, by DynamoDB's rules and with its texts.
struct TableUpdate {
  let request: TableUpdateRequest
  let table: Table
  let regions: ReplicaPlaces
  private(set) var definition: TableDefinition

  /// - Throws: the first rule that the request breaks on this table.
  init(_ request: TableUpdateRequest, of table: Table, in regions: ReplicaPlaces) throws(APIError) {
    self.request = request
    self.regions = regions
    self.table = table
    definition = table.definition
    try changeThroughput()
    try changeStream()
    if let encryption = request.encryption {
      if encryption { throw .unsupported("SSESpecification with a key of one's own (Enabled: true)") }
      throw .invalid("Table is already encrypted by default")
    }
    if let name = request.tableClass {
      definition.tableClass = name == "STANDARD_INFREQUENT_ACCESS" ? .standardInfrequentAccess : .standard
    }
    if let isProtected = request.deletionProtection { definition.deletionProtection = isProtected }
    for update in request.indexUpdates ?? [] { try change(update) }
    for update in request.replicaUpdates ?? [] { try change(update) }
    dropUnusedAttributes()
  }

  private mutating func changeThroughput() throws(APIError) {
    let mode: BillingMode =
      switch request.billingMode {
      case "PAY_PER_REQUEST": .payPerRequest
      case "PROVISIONED": .provisioned
      default: table.definition.billingMode
      }
    if mode == .payPerRequest { try leaveUnits() } else { try provision() }
    definition.billingMode = mode
  }

  private mutating func leaveUnits() throws(APIError) {
    guard request.throughput == nil else {
      throw .invalid(
        request.billingMode == nil
          ? "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
          : "ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST")
    }
    definition.throughput = nil
    for position in definition.indexes.indices { definition.indexes[position].throughput = nil }
  }

  private mutating func provision() throws(APIError) {
    if let throughput = request.throughput {
      try TableRequest.checkUnits(throughput, index: nil)
      let wanted = throughput.stored
      if let current = definition.throughput, current == wanted {
        throw Self.unchanged("table", current, place: "the table")
      }
      definition.throughput = wanted
    }
    guard table.definition.billingMode == .payPerRequest else { return }
    guard request.throughput != nil else {
      throw .invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    }
    for index in definition.indexes where index.kind == .global {
      let update = request.indexUpdates?.first { $0.update?.name == index.name }
      guard update?.update?.throughput != nil else {
        throw .invalid("ProvisionedThroughput must be specified for index: \(index.name)")
      }
    }
  }

  private static func unchanged(_ what: String, _ current: Throughput, place: String) -> APIError {
    let (read, write) = (current.readUnits, current.writeUnits)
    return .validation(
      "The provisioned throughput for the \(what) will not change. The requested value equals the current value. "
        + "Current ReadCapacityUnits provisioned for \(place): \(read). Requested ReadCapacityUnits: \(read). "
        + "Current WriteCapacityUnits provisioned for \(place): \(write). Requested WriteCapacityUnits: \(write). "
        + "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.")
  }

  private mutating func changeStream() throws(APIError) {
    guard let stream = request.stream else { return }
    guard stream.enabled == true else {
      if stream.viewType != nil {
        throw .invalid("If stream is being disabled, then UpdateViewType must not be specified")
      }
      guard definition.stream != nil else {
        throw .validation("Table has no stream to disable: TableName: \(table.name)")
      }
      guard table.shownReplicas.isEmpty else {
        throw .validation("The stream of a table with replicas cannot be disabled: TableName: \(table.name)")
      }
      definition.stream = nil
      return
    }
    guard let view = stream.view else {
      throw .invalid("If stream is being enabled then UpdateViewType is required")
    }
    guard definition.stream == nil else {
      throw .validation("Table already has an enabled stream: TableName: \(table.name)")
    }
    definition.stream = view
  }

  mutating func setStream(_ view: StreamViewType) { definition.stream = view }

  mutating func setReplicas(_ replicas: ReplicaRegions?) { definition.replicas = replicas }

  // MARK: Indexes

  private mutating func change(_ update: TableUpdateRequest.IndexUpdate) throws(APIError) {
    if let create = update.create {
      try self.create(create)
    } else if let action = update.update {
      try self.update(try position(of: action, "update"), action)
    } else if let action = update.delete {
      let position = try position(of: action, "delete")
      let name = definition.indexes[position].name
      try checkNoneUnderWay(but: name)
      definition.indexes.remove(at: position)
    }
  }

  /// One index at a time is made or removed; one that is being made can be removed all the same.
  private func checkNoneUnderWay(but name: String?) throws(APIError) {
    for index in table.indexes where index.status != .active {
      guard index.name == name, index.status == .creating else { throw .oneOnlineIndex }
    }
  }

  private func position(of action: TableUpdateRequest.IndexAction, _ verb: String) throws(APIError) -> Int {
    let name = action.name ?? ""
    guard let position = definition.indexes.firstIndex(where: { $0.name == name }) else {
      throw APIError(.resourceNotFound, "Requested resource not found: Index: \(name) not found")
    }
    guard definition.indexes[position].kind == .global else {
      throw .validation("Cannot \(verb) an index that is not a GlobalSecondaryIndex: \(name)")
    }
    return position
  }

  private mutating func update(
    _ position: Int, _ action: TableUpdateRequest.IndexAction
  ) throws(APIError) {
    let index = definition.indexes[position]
    guard definition.billingMode == .provisioned else {
      throw .invalid(
        "The only Updates for index: \(index.name) when TableThroughputMode is PAY_PER_REQUEST can be to "
          + "OnDemandThroughput, WarmThroughput")
    }
    guard let throughput = action.throughput else {
      throw .invalid("Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: \(index.name)")
    }
    try TableRequest.checkUnits(throughput, index: index.name)
    if let current = index.throughput, current == throughput.stored {
      throw Self.unchanged("index \(index.name)", current, place: "the index")
    }
    definition.indexes[position].throughput = throughput.stored
  }

  private mutating func create(_ index: TableRequest.Index) throws(APIError) {
    let name = index.name ?? ""
    guard !definition.indexes.contains(where: { $0.name == name }) else {
      throw .validation("Attempting to create an index which already exists")
    }
    guard let elements = request.attributes else {
      throw .invalid("AttributeDefinitions is not specified for index: \(name)")
    }
    let attributes = try TableRequest.attributeDefinitions(elements)
    try checkTypes(attributes)
    let made = try index.definition(.global, attributes)
    try checkThroughput(of: made, index)
    try checkNoneUnderWay(but: nil)
    guard definition.indexes.filter({ $0.kind == .global }).count < TableRequest.globalIndexesMax else {
      throw APIError(
        .limitExceeded,
        "Subscriber limit exceeded: GlobalSecondaryIndex count exceeds the per-table limit of "
          + "\(TableRequest.globalIndexesMax)")
    }
    definition.indexes.append(made)
    for attribute in attributes where !definition.attributes.contains(where: { $0.name == attribute.name }) {
      definition.attributes.append(attribute)
    }
  }

  private func checkTypes(_ attributes: [KeyAttribute]) throws(APIError) {
    for attribute in attributes {
      guard let known = definition.attributes.first(where: { $0.name == attribute.name }), known != attribute else {
        continue
      }
      throw .invalid(
        "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. "
          + "Existing schema: Schema:[SchemaElement: key{\(known.text):\(known.type.name):HASH}] "
          + "New schema: Schema:[SchemaElement: key{\(attribute.text):\(attribute.type.name):HASH}]")
    }
  }

  private func checkThroughput(of made: IndexDefinition, _ index: TableRequest.Index) throws(APIError) {
    switch (definition.billingMode, index.throughput) {
    case (.payPerRequest, _?):
      throw .invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: \(made.name) when BillingMode is "
          + "PAY_PER_REQUEST")
    case (.provisioned, nil): throw .invalid("ProvisionedThroughput must be specified for index: \(made.name)")
    case (.provisioned, let throughput?): try TableRequest.checkUnits(throughput, index: made.name)
    case (.payPerRequest, nil): break
    }
  }

  /// As the service does: what no key needs any more is defined no longer.
  private mutating func dropUnusedAttributes() {
    let used = (definition.key.attributes + definition.indexes.flatMap(\.key.attributes)).map(\.name)
    definition.attributes.removeAll { !used.contains($0.name) }
  }
}
