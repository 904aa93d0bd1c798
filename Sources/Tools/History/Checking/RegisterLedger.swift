/// Demand and supply of the values of a register.
///
/// A read of a value demands it; a put supplies it. Once the last supplier of a value has taken effect, nobody may
/// overwrite it before the last one who demands it has had it. Without this a search finds out thousands of calls later
/// that it put a value too early.
struct RegisterLedger: HistoryLedger {
  /// Values with more suppliers are never missed; it bounds the work.
  private static let suppliersMax = 64
  private static let unmetMax = 4

  /// The values that closed calls demand; no value is not one of them, as every delete supplies it.
  private var values: [HistoryValue] = []
  /// Of each value, the calls that are left.
  private var demands: [Int32] = []
  private var supplies: [Int32] = []
  /// Values that are demanded and not supplied.
  private var missing: [Int32] = []
  /// Where a value stands in `missing`; -1: nowhere.
  private var placeInMissing: [Int32] = []
  /// Of each closed call, the value that it demands; -1: none.
  private var demandOf: [Int32] = []
  /// Of each value, the closed calls that demand it.
  private var demanders: [[Int]] = []
  private var isTaken: [Bool]
  private var suppliedByClosed: [[Int32]]
  private var suppliedByOpen: [[Int32]]
  /// Additions whose result nobody told can make another value of the one supplied.
  private var additions = Additions()

  init(closed: [RegisterModel.Step], open: [RegisterModel.Step]) {
    isTaken = Array(repeating: false, count: closed.count)
    suppliedByClosed = Array(repeating: [], count: closed.count)
    suppliedByOpen = Array(repeating: [], count: open.count)
    var valueIDs: [HistoryValue: Int32] = [:]
    for step in closed {
      guard let value = step.demand else {
        demandOf.append(-1)
        continue
      }
      let id = valueIDs[value] ?? Int32(values.count)
      if id == values.count {
        valueIDs[value] = id
        values.append(value)
        demands.append(0)
        demanders.append([])
      }
      demands[Int(id)] += 1
      demanders[Int(id)].append(demandOf.count)
      demandOf.append(id)
    }
    for case .add(let amount, nil) in closed + open { additions.insert(amount) }
    supplies = Array(repeating: 0, count: values.count)
    placeInMissing = Array(repeating: -1, count: values.count)
    noteSupplies(closed, open)
    for id in values.indices { update(Int32(id)) }
  }

  private mutating func noteSupplies(_ closed: [RegisterModel.Step], _ open: [RegisterModel.Step]) {
    var digests: [UInt64: [Int]] = [:]
    var numbers: [(number: Int64, call: Int)] = []
    for (call, step) in (closed + open).enumerated() {
      switch step.supply {
      case .digest(let digest): digests[digest, default: []].append(call)
      case .number(let number): numbers.append((number, call))
      case nil: break
      }
    }
    numbers.sort { ($0.number, $0.call) < ($1.number, $1.call) }
    for (id, value) in values.enumerated() {
      let calls: [Int]
      switch value {
      case .digest(let digest): calls = digests[digest] ?? []
      case .number(let number):
        let range = additions.range(to: number)
        let first = numbers.partitioningIndex { $0.number >= range.lowerBound }
        calls = numbers[first...].prefix(Self.suppliersMax + 1).prefix { $0.number <= range.upperBound }.map(\.call)
      }
      noteSupply(Int32(id), calls, closedCount: closed.count)
    }
  }

  private mutating func noteSupply(_ id: Int32, _ calls: [Int], closedCount: Int) {
    supplies[Int(id)] = Int32(calls.count)
    guard calls.count <= Self.suppliersMax else { return }
    for call in calls {
      if call < closedCount { suppliedByClosed[call].append(id) } else { suppliedByOpen[call - closedCount].append(id) }
    }
  }

  // MARK: Calls come and go

  mutating func take(closed call: Int) { change(closed: call, by: -1) }

  mutating func putBack(closed call: Int) { change(closed: call, by: 1) }

  mutating func take(open call: Int) { change(open: call, by: -1) }

  mutating func putBack(open call: Int) { change(open: call, by: 1) }

  private mutating func change(closed call: Int, by difference: Int32) {
    isTaken[call] = difference < 0
    let id = demandOf[call]
    if id >= 0 {
      demands[Int(id)] += difference
      update(id)
    }
    for index in suppliedByClosed[call].indices { supply(suppliedByClosed[call][index], difference) }
  }

  private mutating func change(open call: Int, by difference: Int32) {
    for index in suppliedByOpen[call].indices { supply(suppliedByOpen[call][index], difference) }
  }

  private mutating func supply(_ id: Int32, _ difference: Int32) {
    supplies[Int(id)] += difference
    update(id)
  }

  private mutating func update(_ id: Int32) {
    let isMissing = demands[Int(id)] > 0 && supplies[Int(id)] == 0
    let place = Int(placeInMissing[Int(id)])
    guard isMissing != (place >= 0) else { return }
    if isMissing {
      placeInMissing[Int(id)] = Int32(missing.count)
      missing.append(id)
    } else {
      let last = missing.removeLast()
      if last != id {
        missing[place] = last
        placeInMissing[Int(last)] = Int32(place)
      }
      placeInMissing[Int(id)] = -1
    }
  }

  // MARK: Hope

  func isHopeless(_ state: HistoryValue?) -> Bool {
    for id in missing where !holds(state, values[Int(id)]) { return true }
    return false
  }

  func unmet(_ state: HistoryValue?) -> [Int] {
    let gone = missing.lazy.filter { !holds(state, values[Int($0)]) }
    let calls = gone.flatMap { demanders[Int($0)].lazy.filter { !isTaken[$0] } }
    return Array(calls.prefix(Self.unmetMax))
  }

  /// Whether `state` is `value`, or additions may make it.
  private func holds(_ state: HistoryValue?, _ value: HistoryValue) -> Bool {
    guard case .number(let number) = value else { return state == value }
    switch state {
    case nil: return additions.range(to: number).contains(0)
    case .digest: return false
    case .number(let held): return additions.range(to: number).contains(held)
    }
  }
}

extension RegisterModel.Step {
  /// The one value in which the step can happen, if it is one.
  fileprivate var demand: HistoryValue? {
    switch self {
    case .putIf(let value, _), .get(let value): value
    // A sum that is the amount may come of no value, too.
    case .add(let amount, let result?): result == amount ? nil : .number(result &- amount)
    case .put, .refused, .add(_, nil), .delete: nil
    }
  }

  /// The value that the step leaves, where that is known; 0 for none, as additions take it.
  fileprivate var supply: HistoryValue? {
    switch self {
    case .put(let value), .putIf(_, let value): value
    case .add(_, let result?): .number(result)
    case .delete: .number(0)
    case .refused, .add(_, nil), .get: nil
    }
  }
}

extension Array {
  /// The first place whose element is in the second half, where `isSecond` divides the array.
  fileprivate func partitioningIndex(_ isSecond: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
