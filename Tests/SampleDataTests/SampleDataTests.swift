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

@Suite struct StudyCourseTests {
  private let data = SampleData(seed: 1, patients: 200, day: day)
  private let course = StudyCourse(
    SampleData(seed: 1, patients: 200, day: day), patient: 7, order: 9, encounterID: "e-000007-4", visit: day)

  private func names(_ item: AttributeMap) -> [String] {
    item.elements.map { String(decoding: $0.name, as: UTF8.self) }
  }

  private func sample(_ type: String, _ status: String, _ value: String) -> AttributeMap? {
    data.items.first { text($0, "entityType") == type && text($0, status) == value }
  }

  /// What is made one by one looks like what is made at once, so that tools need not tell them apart.
  @Test func itemsHaveTheAttributesOfTheSampleData() throws {
    let encounter = data.encounter(4, ofPatient: 7, on: day, atMinute: 500)
    let made = [
      (course.order(atMinute: 520), "orderStatus", "PENDING"),
      (course.study(atMinute: 600), "studyStatus", "ACQUIRING"),
      (course.report(atMinute: 650), "reportStatus", "DRAFT"),
      (course.billing(atMinute: 700), "paymentStatus", "PENDING"),
      (encounter, "encounterStatus", "OPEN"),
    ]
    for (item, status, value) in made {
      let type = try #require(text(item, "entityType"))
      let like = try #require(sample(type, status, value))
      #expect(text(item, status) == value)
      #expect(names(item) == names(like))
      #expect(text(item, "PK") == "PATIENT#p-000007" && text(item, "encounterId") == "e-000007-4")
    }
  }

  @Test func keysOfACourseAreThoseOfItsItems() {
    #expect(text(course.order(atMinute: 1), "SK") == course.orderKey)
    #expect(text(course.study(atMinute: 1), "SK") == course.studyKey)
    #expect(text(course.report(atMinute: 1), "SK") == course.reportKey)
    #expect(text(course.billing(atMinute: 1), "SK") == course.billingKey)
  }

  @Test func whatIsNewHasAKeyThatTheSampleDataHasNot() {
    for patient in 1...200 {
      let items = data.items(ofPatient: patient)
      let encounters = items.filter { text($0, "entityType") == "ENCOUNTER" }.count
      let orders = items.filter { text($0, "entityType") == "ORDER" }.count
      #expect((1...SampleData.encountersMax).contains(encounters) && (1...SampleData.ordersMax).contains(orders))
    }
  }

  @Test func theProfileIsTheOneOfTheSampleData() {
    #expect(data.profile(ofPatient: 7) == data.items(ofPatient: 7).first)
  }
}
