internal import Bytes
internal import Items
internal import Telemetry

/// Reads one segment of a table into staging, page by page; each page and the key after it commit together, so that a
/// scan that was interrupted goes on where it was.
struct LoadScan: Sendable {
  static let pageItemsMax = 1_000
  static let attemptsMax = 30

  let api: any StreamsAPI
  let session: Session
  let lease: LoadLease
  let segment: Int
  let segments: Int
  let shape: TableShape
  let schema: TargetSchema
  let residency: Residency
  let metrics: SinkMetrics

  func run() async throws {
    guard var place = try await progress() else { return }
    while !place.isFinished {
      try Task.checkCancellation()
      let page = try await page(after: place.key)
      try await store(page)
      metrics.loaded.add(UInt64(page.items.count))
      place = (page.nextKey, page.nextKey == nil)
    }
  }

  private func progress() async throws -> (key: [UInt8]?, isFinished: Bool)? {
    try await session.run { [lease, segment] connection -> (key: [UInt8]?, isFinished: Bool)? in
      let rows = try connection.query(
        """
        SELECT next_key, is_finished FROM gantry_load_segments
        WHERE table_name = $1 AND generation = $2 AND segment = $3
        """, [.text(lease.table), .integer(lease.generation), .integer(segment)])
      return rows.count == 1 ? (rows.bytes(0, 0), rows.flag(0, 1)) : nil
    }
  }

  private func page(after key: [UInt8]?) async throws -> ScanPage {
    var attempt = 1
    while true {
      do {
        return try await api.scan(lease.table, segment: segment, of: segments, after: key, limit: Self.pageItemsMax)
      } catch {
        guard error.isTransient, attempt < Self.attemptsMax else { throw error }
      }
      try await Task.sleep(for: .milliseconds(min(2_000, 50 << min(attempt, 6))))
      attempt += 1
    }
  }

  private func store(_ page: ScanPage) async throws {
    var copy = StagingCopy(table: lease.table, generation: lease.generation)
    for item in page.items {
      guard let identity = ItemIdentity(item, of: shape) else { continue }
      let image = residency.apply(item)
      copy.append(rank: rank(image), id: identity.id, image: EncodedItem(image).bytes)
    }
    let data = copy.data
    let rows = copy.count
    try await session.run { [lease, segment] connection in
      try connection.transaction {
        let fence = lease.fence()
        guard try connection.query(fence.sql, fence.parameters).affected == 1 else { throw LeaseLost() }
        if rows > 0 { try connection.copy(StagingCopy.sql, data) }
        try connection.query(
          """
          UPDATE gantry_load_segments SET next_key = convert_from($4, 'UTF8'), is_finished = $5::boolean, items = items + $6
          WHERE table_name = $1 AND generation = $2 AND segment = $3
          """,
          [
            .text(lease.table), .integer(lease.generation), .integer(segment), page.nextKey.map { .bytes($0) } ?? .null,
            .text(page.nextKey == nil ? "t" : "f"), .integer(rows),
          ])
      }
    }
  }

  private func rank(_ image: AttributeMap) -> Int {
    switch schema.map(image, of: shape) {
    case .unmapped: 0
    case .row(let row): row.table + 1
    case .fault(let table, _): table + 1
    }
  }
}
