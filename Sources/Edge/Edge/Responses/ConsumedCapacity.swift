internal import Items

/// Capacity units of one table (*Read and write capacity*, Developer Guide).
struct ConsumedCapacity {
  var table: String
  var units: Double

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
    writer.double(units)
    if detail == .indexes {
      writer.key("Table")
      writer.beginObject()
      writer.key("CapacityUnits")
      writer.double(units)
      writer.endObject()
    }
    writer.endObject()
  }

  func writeMember(_ detail: Detail, to writer: inout JSONWriter) {
    guard detail != .none else { return }
    writer.key("ConsumedCapacity")
    write(detail, to: &writer)
  }
}
