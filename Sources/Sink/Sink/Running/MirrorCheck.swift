public import Client
internal import Items

/// Compares a table with its mirror, item by item. Nobody may be writing.
public struct MirrorCheck: Sendable, Equatable {
  /// In the table.
  public var items: Int
  /// In the mirror.
  public var mirrored: Int
  /// The keys of some items that one of the two lacks, or that differ.
  public var differences: [String]

  public init(items: Int, mirrored: Int, differences: [String]) {
    self.items = items
    self.mirrored = mirrored
    self.differences = differences
  }

  public var isEqual: Bool { differences.isEmpty && items == mirrored }

  private static let differencesMax = 5
  private static let pageItems = 1_000

  /// - Parameter client: of the table's endpoint.
  public static func run(_ target: PostgresTarget, table: String, client: DynamoClient) async throws -> MirrorCheck {
    let facts = try await HTTPStreams(client: client).describe(table: table)
    let items = try await scan(table, client)
    let session = Session(target)
    defer { session.end() }
    return try await session.run { try compare(items, facts.shape, $0) }
  }

  /// By strong reads, as the last writes may be milliseconds old.
  private static func scan(_ table: String, _ client: DynamoClient) async throws -> [AttributeMap] {
    let api = HTTPStreams(client: client)
    var (items, key): ([AttributeMap], [UInt8]?) = ([], nil)
    repeat {
      let page = try await api.scan(table, segment: 0, of: 1, after: key, limit: pageItems)
      items += page.items
      key = page.nextKey
    } while key != nil
    return items
  }

  private static func compare(
    _ items: [AttributeMap], _ shape: TableShape, _ connection: Connection
  ) throws -> MirrorCheck {
    let texts = ArrayColumn(.text, items.map(PlainJSON.object))
    func text(_ name: [UInt8]) -> String { String(decoding: PostgresText.escaped(name), as: UTF8.self) }
    let rows = try connection.query(
      """
      WITH wanted AS (
        SELECT v::jsonb->>$3 AS pk, COALESCE(v::jsonb->>$4, '') AS sk, v::jsonb AS attributes
        FROM unnest($1::text[]) v),
      mirror AS (
        SELECT attributes->>$3 AS pk, COALESCE(attributes->>$4, '') AS sk, attributes
        FROM gantry_mirror WHERE table_name = $2)
      SELECT COALESCE(w.pk, m.pk) || ' ' || COALESCE(w.sk, m.sk)
      FROM wanted w FULL JOIN mirror m ON m.pk = w.pk AND m.sk = w.sk
      WHERE w.attributes IS DISTINCT FROM m.attributes LIMIT \(differencesMax)
      """, [.array(texts), .text(shape.name), .text(text(shape.partitionKey)), .text(text(shape.sortKey ?? []))])
    let count = try connection.query("SELECT count(*) FROM gantry_mirror WHERE table_name = $1", [.text(shape.name)])
    return MirrorCheck(
      items: items.count, mirrored: count.integer(0, 0) ?? 0,
      differences: (0..<rows.count).compactMap { rows.text($0, 0) })
  }
}
