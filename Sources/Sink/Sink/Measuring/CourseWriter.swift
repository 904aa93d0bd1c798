public import Client
internal import Items

/// Fills a table with made-up patients through the public API, as fast as it goes.
public struct CourseWriter: Sendable {
  /// Patients whose writes go together: a batch of each kind.
  static let groupPatients = 25

  public var client: DynamoClient
  public var table: String
  public var patients: Int
  /// Whether each change of a status is written too (seven writes a patient), or only what is there at the end (four).
  public var withChanges: Bool
  /// Different runs write different patients.
  public var prefix: String
  public var batchesAtOnce = 12

  public init(client: DynamoClient, table: String, patients: Int, withChanges: Bool, prefix: String) {
    self.client = client
    self.table = table
    self.patients = patients
    self.withChanges = withChanges
    self.prefix = prefix
  }

  /// Returns how many items were written, rewritten ones each time.
  public func run() async throws -> Int {
    let groups = stride(from: 0, to: patients, by: Self.groupPatients)
    return try await withThrowingTaskGroup(of: Int.self) { group in
      var written = 0
      for (index, start) in groups.enumerated() {
        if index >= batchesAtOnce { written += try await group.next() ?? 0 }
        group.addTask { try await write(start..<min(start + Self.groupPatients, patients)) }
      }
      for try await count in group { written += count }
      return written
    }
  }

  private func write(_ numbers: Range<Int>) async throws -> Int {
    let courses = numbers.map { Course(patient: "\(prefix)\($0)") }
    let steps = courses.map { withChanges ? $0.changes.map(\.new) : $0.items }
    var written = 0
    for step in steps[0].indices {
      let batch = steps.map { $0[step] }
      try await client.write(batch, to: table)
      written += batch.count
    }
    return written
  }
}
