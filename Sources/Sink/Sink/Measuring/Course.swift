internal import Items

/// What a made-up patient writes for a measurement: a profile, an order that goes through its states, its report and its
/// bill. Rows of four tables, and three changes of a status.
struct Course {
  /// After the order's insertion.
  static let statuses = ["SCHEDULED", "IN_PROGRESS", "COMPLETED"]

  let patient: String

  var profile: AttributeMap {
    item(
      "PATIENT#PROFILE",
      [("mrn", "M\(patient)"), ("firstName", "Ada"), ("lastName", "Synthetic"), ("dateOfBirth", "1970-01-01")])
  }

  func order(_ status: String) -> AttributeMap {
    item(
      "ORDER#o\(patient)",
      [
        ("orderId", "o\(patient)"), ("encounterId", "e\(patient)"), ("orderingPhysician", "Dr. Test"),
        ("procedureCode", "71046"), ("procedureDescription", "X-ray of the chest, two views"), ("orderStatus", status),
      ])
  }

  var report: AttributeMap {
    item(
      "REPORT#r\(patient)",
      [
        ("orderId", "o\(patient)"), ("radiologistId", "rad-1"),
        ("findingsText", String(repeating: "The lungs are clear. ", count: 5)),
      ])
  }

  var bill: AttributeMap {
    var bill = item(
      "BILLING#b\(patient)", [("orderId", "o\(patient)"), ("serviceDate", "2026-01-01"), ("procedureCode", "71046")])
    bill[Array("chargeAmount".utf8)] = .number(Number(145))
    return bill
  }

  /// Every write in its order; one of an item that was there shows its image before.
  var changes: [(old: AttributeMap?, new: AttributeMap)] {
    let orders = (["PENDING"] + Self.statuses).map(order)
    return [(nil, profile), (nil, orders[0])] + zip(orders, orders.dropFirst()).map { ($0, $1) }
      + [(nil, report), (nil, bill)]
  }

  /// What is there at the end.
  var items: [AttributeMap] { [profile, order(Self.statuses.last!), report, bill] }

  private func item(_ sortKey: String, _ texts: [(String, String)]) -> AttributeMap {
    var map = AttributeMap()
    let all =
      [
        ("PK", "PATIENT#\(patient)"), ("SK", sortKey), ("patientId", patient), ("createdAt", "2026-01-01T08:00:00Z"),
        ("updatedAt", "2026-01-01T09:00:00Z"),
      ] + texts
    for (name, text) in all { map[Array(name.utf8)] = .text(text) }
    return map
  }
}
