import Client
import Items
import Synchronization

/// Writes patients, orders, reports and bills of a radiology department at a fixed rate, and remembers each change of an
/// order's status with what became of it. Each of its clients has patients of its own and one write under way, so that
/// the changes of an order have an order.
final class StatusLoad: Sendable {
  static let table = "ris-patient-tracking"
  static let clients = 25
  static let perSecond = 200
  static let patientsPerClient = 4

  struct State {
    var acknowledged = 0
    var unknown = 0
    /// New statuses of orders, each used once: whether the change was acknowledged.
    var changes: [String: Bool] = [:]
    var failures: [String: Int] = [:]
  }

  private let state = Mutex(State())
  private let client: DynamoClient

  init(_ client: DynamoClient) { self.client = client }

  var outcome: State { state.withLock { $0 } }

  /// Returns the seconds that it took until `seconds` times the rate were acknowledged.
  func run(seconds: Int) async -> Double {
    let start = ContinuousClock.now
    await withTaskGroup { group in
      for number in 0..<Self.clients { group.addTask { await self.work(number, seconds, start) } }
    }
    return (ContinuousClock.now - start) / .seconds(1)
  }

  private func work(_ number: Int, _ seconds: Int, _ start: ContinuousClock.Instant) async {
    var client = Department(client: number)
    let goal = Self.perSecond * seconds / Self.clients
    var done = 0
    while done < goal {
      let due = start + .seconds(1) * (Double(done * Self.clients) / Double(Self.perSecond))
      if due > .now { try? await Task.sleep(until: due) }
      if await perform(client.next()) { done += 1 }
    }
    // Whoever was away comes back, so that every row has its parents in the end.
    for write in client.homecoming { while await !perform(write) {} }
  }

  /// Returns whether it was acknowledged; a write whose outcome is not known is not made again.
  private func perform(_ write: Department.Write) async -> Bool {
    let body = Self.body(write)
    let failure: String?
    do throws(CallError) {
      _ = try await client.call(write.isRemoval ? "DeleteItem" : "PutItem", body: body)
      failure = nil
    } catch {
      failure = error.code ?? "no answer"
      try? await Task.sleep(for: .milliseconds(50))
    }
    state.withLock { state in
      if let failure { state.failures[failure, default: 0] += 1 } else { state.acknowledged += 1 }
      if let status = write.status { state.changes[status] = failure == nil }
    }
    return failure == nil
  }

  private static func body(_ write: Department.Write) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("TableName")
    writer.string(table)
    writer.key(Array((write.isRemoval ? "Key" : "Item").utf8))
    let keys = AttributeMap(write.item.elements.filter { $0.name.count == 2 })
    writer.item(write.isRemoval ? keys : write.item)
    writer.endObject()
    return writer.bytes
  }
}

/// What one client of a ``StatusLoad`` writes, one after the other.
struct Department {
  struct Write {
    var item: AttributeMap
    var isRemoval = false
    /// The new status of an order that had another one before.
    var status: String?
  }

  private let client: Int
  private var step = 0
  private var orders: [String: Int] = [:]
  private var away: Set<Int> = []

  init(client: Int) { self.client = client }

  /// A patient, two orders with a report and a bill each, then changes of the orders' statuses; now and then a patient's
  /// profile is deleted and written again, and a bill or a report comes and goes.
  mutating func next() -> Write {
    defer { step += 1 }
    let patient = step % StatusLoad.patientsPerClient
    let round = step / StatusLoad.patientsPerClient
    switch round {
    // Children before their parents: they wait.
    case 0: return Write(item: bill(patient, 0))
    case 1: return Write(item: report(patient, 0))
    case 2: return Write(item: order(patient, 0, status: "PENDING"))
    case 3: return Write(item: profile(patient))
    case 4: return Write(item: order(patient, 1, status: "PENDING"))
    default: break
    }
    switch round % 12 {
    case 5: return Write(item: bill(patient, 1))
    case 6:
      away.insert(patient)
      return Write(item: profile(patient), isRemoval: true)
    case 8:
      away.remove(patient)
      return Write(item: profile(patient))
    case 10: return Write(item: bill(patient, 1), isRemoval: true)
    default: return change(patient, round % 2)
    }
  }

  /// Profiles that may have been away last.
  var homecoming: [Write] { (0..<StatusLoad.patientsPerClient).map { Write(item: profile($0)) } }

  private mutating func change(_ patient: Int, _ index: Int) -> Write {
    let id = orderID(patient, index)
    orders[id, default: 0] += 1
    let status = "\(client)-\(patient)-\(index)-\(orders[id]!)"
    return Write(item: order(patient, index, status: status), status: status)
  }

  private func patientID(_ patient: Int) -> String { "load-\(client)-\(patient)" }
  private func orderID(_ patient: Int, _ index: Int) -> String { "o-\(client)-\(patient)-\(index)" }

  private func item(_ patient: Int, _ sortKey: String, _ texts: [String: String]) -> AttributeMap {
    let all = texts.merging(
      [
        "PK": "PATIENT#\(patientID(patient))", "SK": sortKey, "patientId": patientID(patient),
        "createdAt": "2026-01-01T08:00:00Z", "updatedAt": "2026-01-01T08:00:00Z",
      ]) { given, _ in given }
    return AttributeMap(all.map { .init(name: Array($0.key.utf8), value: .string(Array($0.value.utf8))) })
  }

  private func profile(_ patient: Int) -> AttributeMap {
    item(
      patient, "PATIENT#PROFILE",
      [
        "mrn": "L-\(client)-\(patient)", "firstName": "Ada", "lastName": "Synthetic", "dateOfBirth": "1980-02-29",
        "version": "\(step)",
      ])
  }

  private func order(_ patient: Int, _ index: Int, status: String) -> AttributeMap {
    item(
      patient, "ORDER#\(orderID(patient, index))",
      [
        "orderId": orderID(patient, index), "encounterId": "e-\(client)-\(patient)", "orderingPhysician": "Dr. Test",
        "procedureCode": "71046", "orderStatus": status,
      ])
  }

  private func report(_ patient: Int, _ index: Int) -> AttributeMap {
    let id = orderID(patient, index)
    return item(patient, "REPORT#r-\(id)", ["orderId": id, "radiologistId": "rad-1", "version": "\(step)"])
  }

  private func bill(_ patient: Int, _ index: Int) -> AttributeMap {
    let id = orderID(patient, index)
    var bill = item(
      patient, "BILLING#b-\(id)", ["orderId": id, "serviceDate": "2026-01-01", "procedureCode": "71046"])
    bill[Array("chargeAmount".utf8)] = .number(Number(145))
    return bill
  }
}
