internal import Items

/// Capacity units of one table and its indexes (*Read and write capacity*, Developer Guide).
struct ConsumedCapacity {
  struct Index {
    var name: String
    var isLocal: Bool
    var units: Double

    init(_ index: IndexHandle, units: Double) {
      name = index.name
      isLocal = index.isLocal
      self.units = units
    }
  }

  var table: String
  /// Of the table itself.
  var units: Double
  /// Each once.
  var indexes: [Index] = []

  var total: Double { indexes.reduce(units) { $0 + $1.units } }

  /// Adds what another part of the same request cost.
  mutating func add(_ other: ConsumedCapacity) {
    units += other.units
    for index in other.indexes {
      if let place = indexes.firstIndex(where: { $0.name == index.name }) {
        indexes[place].units += index.units
      } else {
        indexes.append(index)
      }
    }
  }

  /// Half a unit for each 4 KB that an eventually consistent read examines, one for a strong read; at least
  /// `stepsMin` of these steps.
  static func read(bytes: Int, consistent: Bool, stepsMin: Int = 1) -> Double {
    Double(max(stepsMin, (bytes + 4_095) / 4_096)) * (consistent ? 1 : 0.5)
  }

  /// One unit for each KB of the larger image; at least one.
  static func write(oldBytes: UInt32, newBytes: UInt32) -> Double {
    Double(max(1, (Int(max(oldBytes, newBytes)) + 1_023) / 1_024))
  }

  enum Detail: Equatable {
    case none, total, indexes

    /// Checked against the model before.
    init(_ parameter: String?) {
      switch parameter {
      case "TOTAL": self = .total
      case "INDEXES": self = .indexes
      default: self = .none
      }
    }
  }

  func write(_ detail: Detail, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("TableName")
    writer.string(table)
    writer.key("CapacityUnits")
    writer.double(total)
    if detail == .indexes {
      writer.key("Table")
      Self.write(units, to: &writer)
      writeIndexes("LocalSecondaryIndexes", indexes.filter(\.isLocal), to: &writer)
      writeIndexes("GlobalSecondaryIndexes", indexes.filter { !$0.isLocal }, to: &writer)
    }
    writer.endObject()
  }

  private func writeIndexes(_ name: StaticString, _ indexes: [Index], to writer: inout JSONWriter) {
    guard !indexes.isEmpty else { return }
    writer.key(name)
    writer.beginObject()
    for index in indexes {
      writer.key(Array(index.name.utf8))
      Self.write(index.units, to: &writer)
    }
    writer.endObject()
  }

  private static func write(_ units: Double, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("CapacityUnits")
    writer.double(units)
    writer.endObject()
  }

  func writeMember(_ detail: Detail, to writer: inout JSONWriter) {
    guard detail != .none else { return }
    writer.key("ConsumedCapacity")
    write(detail, to: &writer)
  }
}
