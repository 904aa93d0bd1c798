import Bytes
import Items
import SampleData
import Testing

private let day = CalendarDay(year: 2026, month: 3, day: 1)

private func text(_ item: AttributeMap, _ name: String) -> String? {
  guard case .string(let bytes)? = item[Array(name.utf8)] else { return nil }
  return String(decoding: bytes, as: UTF8.self)
}

private func cents(_ item: AttributeMap, _ name: String) -> Int? {
  guard case .number(let number)? = item[Array(name.utf8)] else { return nil }
  let parts = number.description.split(separator: ".")
  guard let whole = Int(parts[0]) else { return nil }
  let fraction = parts.count > 1 ? String((parts[1] + "0").prefix(2)) : "0"
  return whole * 100 + (Int(fraction) ?? 0)
}

@Suite struct SampleDataTests {
  private let items = SampleData(seed: 1, patients: 200, day: day).items

  private func of(_ type: String) -> [AttributeMap] { items.filter { text($0, "entityType") == type } }

  @Test func theSameSeedAndDayGiveTheSameBytes() {
    let bytes = { (seed: UInt64) in
      SampleData(seed: seed, patients: 200, day: day).items.flatMap { EncodedItem($0).bytes }
    }
    #expect(bytes(1) == bytes(1))
    #expect(bytes(1) != bytes(2))
  }

  @Test func twoHundredPatientsAreAboutTwoThousandItems() {
    #expect((1_900...2_100).contains(items.count), "\(items.count)")
    #expect(of("PATIENT").count == 200)
    for type in ["ENCOUNTER", "ORDER", "STUDY", "REPORT", "BILLING"] { #expect(of(type).count > 200, "\(type)") }
  }

  @Test func onePatientCanBeMadeAlone() {
    let alone = SampleData(seed: 1, patients: 200, day: day).items(ofPatient: 7)
    #expect(items.filter { text($0, "patientId") == "p-000007" } == alone)
  }

  @Test func keysAreUniqueAndOfTheirPatient() {
    var keys: Set<String> = []
    for item in items {
      #expect(text(item, "PK") == "PATIENT#\(text(item, "patientId") ?? "")")
      #expect(keys.insert("\(text(item, "PK") ?? "") \(text(item, "SK") ?? "")").inserted)
    }
  }

  /// The columns of the relational schema, by entity; those that may be absent there are not listed.
  @Test(arguments: [
    ("PATIENT", "mrn firstName lastName dateOfBirth gender insuranceProvider insuranceId createdAt updatedAt"),
    (
      "ORDER",
      "orderId patientId encounterId orderingPhysician procedureCode procedureDescription priority clinicalIndication "
        + "orderStatus createdAt updatedAt GSI1PK GSI1SK"
    ),
    ("STUDY", "accessionNumber orderId encounterId modality dicomStudyUid"),
    ("REPORT", "reportId orderId radiologistId findingsText impressionText reportStatus dicomStudyUid createdAt"),
    ("BILLING", "transactionId orderId patientId serviceDate procedureCode paymentStatus createdAt updatedAt"),
  ])
  func everyColumnIsThere(type: String, names: String) {
    for item in of(type) {
      for name in names.split(separator: " ") { #expect(text(item, String(name)) != nil, "\(type) \(name)") }
    }
  }

  @Test func indexKeysFollowStatusModalityAndTime() {
    for order in of("ORDER") {
      #expect(text(order, "GSI1PK") == "STATUS#\(text(order, "orderStatus") ?? "")")
      guard let scheduled = text(order, "scheduledDatetime") else {
        #expect(text(order, "orderStatus") == "PENDING")
        #expect(text(order, "GSI2PK") == nil)
        continue
      }
      #expect(text(order, "GSI2PK") == "MODALITY#\(text(order, "modality") ?? "")")
      #expect(text(order, "GSI2SK")?.hasPrefix(scheduled) == true)
    }
  }

  @Test func amountsAddUpToTheCharge() throws {
    for entry in of("BILLING") {
      let charge = try #require(cents(entry, "chargeAmount"))
      let parts = try #require(cents(entry, "insuranceAmount")) + #require(cents(entry, "patientResponsibility"))
      #expect(parts == charge)
    }
  }

  @Test func reportsAndBillsBelongToCompletedOrders() {
    let completed = Set(
      of("ORDER").filter { text($0, "orderStatus") == "COMPLETED" }.compactMap { text($0, "orderId") })
    for item in of("REPORT") + of("BILLING") { #expect(completed.contains(text(item, "orderId") ?? "")) }
    #expect(completed.count == of("BILLING").count)
  }

  @Test func bothAnalyticsQueriesFindRows() {
    let month = "\(day + -30)"
    let recent = of("ORDER").filter {
      ["COMPLETED", "IN_PROGRESS"].contains(text($0, "orderStatus")) && (text($0, "scheduledDatetime") ?? "") >= month
    }
    #expect(recent.count >= 100)
    #expect(of("BILLING").filter { ["PAID", "SUBMITTED"].contains(text($0, "paymentStatus")) }.count >= 100)
  }

  @Test func nobodyCanBeTakenForReal() {
    for patient in of("PATIENT") {
      #expect(text(patient, "mrn")?.hasPrefix("SYN-") == true)
      #expect(text(patient, "lastName")?.hasPrefix("Synthetic-") == true)
    }
  }
}

@Suite struct CalendarDayTests {
  @Test(arguments: [(1970, 1, 1, 0), (2000, 2, 29, 11_016), (2026, 11, 24, 20_781), (1969, 12, 31, -1)])
  func daysAreCountedFromTheEpoch(year: Int, month: Int, day: Int, days: Int) {
    #expect(CalendarDay(year: year, month: month, day: day).daysSinceEpoch == days)
    #expect(CalendarDay(daysSinceEpoch: days).components == (year, month, day))
  }

  @Test func everyDayOfFourHundredYearsConvertsBack() {
    for days in stride(from: -80_000, to: 80_000, by: 1) {
      let (year, month, day) = CalendarDay(daysSinceEpoch: days).components
      #expect(CalendarDay(year: year, month: month, day: day).daysSinceEpoch == days)
    }
  }
}
