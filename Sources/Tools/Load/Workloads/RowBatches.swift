internal import Items
internal import SampleData

/// The requests that fill a workload's tables: `BatchWriteItem` calls, made one at a time.
public struct RowBatches: Sequence, IteratorProtocol, Sendable {
  /// A limit of the API.
  static let rowsMax = 25

  private var rows: Rows
  private let head: [UInt8]

  init(_ content: Workload.Content, seed: UInt64, thread: Int, threads: Int) {
    rows = Rows(content, seed: seed, thread: thread, threads: threads)
    head = Array(#"{"RequestItems":{"\#(rows.table)":["#.utf8)
  }

  public mutating func next() -> Call? {
    var body = head
    var count = 0
    while count < Self.rowsMax {
      let end = body.count
      if count > 0 { body.append(UInt8(ascii: ",")) }
      guard rows.append(to: &body) else {
        body.removeSubrange(end...)
        break
      }
      count += 1
    }
    guard count > 0 else { return nil }
    body.append("]}}")
    return Call("BatchWriteItem", body: body)
  }
}

/// One row after the other, as the requests within a batch.
private enum Rows: Sendable {
  case keyValue(KeyValueRequests, seed: UInt64, numbers: StridePosition)
  case registers(RegisterSettings, numbers: StridePosition)
  case risDay(RISDaySettings, seed: UInt64, numbers: StridePosition, items: [AttributeMap])

  init(_ content: Workload.Content, seed: UInt64, thread: Int, threads: Int) {
    func numbers(_ count: Int) -> StridePosition { StridePosition(next: thread, step: threads, end: count) }
    switch content {
    case .keyValue(let settings):
      self = .keyValue(
        KeyValueRequests(settings), seed: seed, numbers: numbers(settings.preload ? settings.records : 0))
    case .registers(let settings): self = .registers(settings, numbers: numbers(settings.keys))
    case .risDay(let settings): self = .risDay(settings, seed: seed, numbers: numbers(settings.patients), items: [])
    }
  }

  var table: String {
    switch self {
    case .keyValue(let requests, _, _): requests.settings.table
    case .registers(let settings, _): settings.table
    case .risDay(let settings, _, _, _): settings.table
    }
  }

  /// False where no row is left.
  mutating func append(to body: inout [UInt8]) -> Bool {
    switch self {
    case .keyValue(let requests, let seed, var numbers):
      guard let number = numbers.take() else { return false }
      requests.appendRow(number, seed: seed, to: &body)
      self = .keyValue(requests, seed: seed, numbers: numbers)
    case .registers(let settings, var numbers):
      guard let number = numbers.take() else { return false }
      body.append(plain: #"{"DeleteRequest":{"Key":{"id":{"S":"\#(RegisterSource.key(number))"}}}}"#)
      self = .registers(settings, numbers: numbers)
    case .risDay(let settings, let seed, var numbers, var items):
      if items.isEmpty {
        guard let number = numbers.take() else { return false }
        items = settings.sampleData(seed: seed).items(ofPatient: number + 1).reversed()
      }
      RISRequests.appendPutRequest(items.removeLast(), to: &body)
      self = .risDay(settings, seed: seed, numbers: numbers, items: items)
    }
    return true
  }
}

/// A place in the numbers from 0 that one thread takes.
private struct StridePosition: Sendable {
  var next: Int
  let step: Int
  let end: Int

  mutating func take() -> Int? {
    guard next < end else { return nil }
    defer { next += step }
    return next
  }
}
