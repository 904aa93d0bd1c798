internal import Client
internal import Items
internal import SampleData
internal import System

/// Makes a topology's tables and loads its sample data, through the public API like any client.
struct TableLoader: Sendable {
  static let batchItems = 25
  static let batchesAtOnce = 8

  let client: DynamoClient
  let progress: @Sendable (String) -> Void

  func load(_ topology: Topology) async throws(SupervisorError) {
    for table in topology.tables {
      progress("making the table \(table.name)")
      do {
        try await client.createTable(named: table.name, request: table.request)
      } catch {
        throw SupervisorError("the table \(table.name) could not be made: \(error)")
      }
    }
    guard let plan = topology.sampleData else { return }
    let day = CalendarDay(wallTimeMs: RealClock().wallTimeMs)
    let items = SampleData(seed: plan.seed, patients: plan.patients, day: day).items
    progress("loading \(plan.patients) synthetic patients (\(items.count) items, seed \(plan.seed), around \(day))")
    do {
      try await write(items, to: plan.table)
    } catch {
      throw SupervisorError("the sample data could not be loaded: \(error)")
    }
  }

  private func write(_ items: [AttributeMap], to table: String) async throws {
    let batches = stride(from: 0, to: items.count, by: Self.batchItems).map { start in
      Array(items[start..<min(start + Self.batchItems, items.count)])
    }
    let client = client
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, batch) in batches.enumerated() {
        if index >= Self.batchesAtOnce { try await group.next() }
        group.addTask { try await client.write(batch, to: table) }
      }
      try await group.waitForAll()
    }
  }
}
