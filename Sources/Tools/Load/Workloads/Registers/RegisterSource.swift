internal import Environment
internal import History

/// A workload of few keys whose history a checker can judge.
public struct RegisterSettings: Sendable, Equatable {
  public var table = "registers"
  public var keys = 6
  /// Whether reads are strong; a history of others is not linearizable.
  public var consistentRead = true

  public init() {}
}

/// Puts, conditional puts, additions, deletions and strong reads. Each value that is put is put once, and far from every
/// other one, so that additions do not lead from one to another; a conditional put expects nothing, or what this
/// source has put there itself.
public struct RegisterSource: OperationSource {
  static let kinds = ["put", "put-if", "add", "delete", "get"]

  private let table: String
  private let names: [String]
  private let consistentRead: Bool
  private let place: SourcePlace
  private var random: SeededRandom
  private var puts: Int64 = 0
  /// What this source put last without a condition, by key.
  private var last: [HistoryValue?]

  init(_ settings: RegisterSettings, at place: SourcePlace) {
    table = settings.table
    names = (0..<settings.keys).map(Self.key)
    consistentRead = settings.consistentRead
    last = Array(repeating: nil, count: settings.keys)
    self.place = place
    random = place.random()
  }

  static func key(_ number: Int) -> String { "k\(number)" }

  public var kinds: [String] { Self.kinds }

  public mutating func next() -> Operation {
    let key = Int(random.below(UInt64(names.count)))
    let (kind, operation) = operation(on: key)
    let call = RegisterRequests.call(operation, table: table, key: names[key], consistentRead: consistentRead)
    return Operation(kind: kind, call)
  }

  private mutating func operation(on key: Int) -> (kind: Int, HistoryOperation) {
    switch random.below(10) {
    case 0, 1:
      let value = unique()
      last[key] = value
      return (0, .put(value))
    case 2: return (1, .putIf(expected: nil, unique()))
    case 3: return (1, .putIf(expected: last[key], unique()))
    case 4, 5: return (2, .add(1))
    case 6: return (3, .delete)
    default: return (4, .get)
    }
  }

  private mutating func unique() -> HistoryValue {
    defer { puts += 1 }
    return .number((puts * Int64(place.threads) + Int64(place.thread) + 1) << 24)
  }
}
