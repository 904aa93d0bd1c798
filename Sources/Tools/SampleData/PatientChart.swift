internal import Environment
internal import Items

/// Writes one patient's items. Every item names its `entityType`, and every one but the profile its encounter.
struct PatientChart {
  let number: Int
  let day: CalendarDay
  var random: SeededRandom
  private(set) var items: [AttributeMap] = []
  private var isWoman = false

  var patientID: String { SampleData.patientID(number) }

  init(number: Int, day: CalendarDay, random: SeededRandom) {
    self.number = number
    self.day = day
    self.random = random
  }

  mutating func fill() {
    writeProfile()
    var orders = 0
    for encounter in 1...random.weighted([(1, 45), (2, 40), (3, 15)]) {
      let encounterID = SampleData.encounterID(encounter, ofPatient: number)
      let status = random.weighted(Self.statuses)
      let visit = visitDay(status)
      writeEncounter(
        encounterID, opened: min(visit, day).time(minutes: -random.within(60...2_880)), isOver: status.isOver)
      for _ in 1...random.weighted([(1, 65), (2, 35)]) {
        orders += 1
        writeOrder(orders, of: encounterID, on: visit, status)
      }
    }
  }

  private static let statuses: [(value: OrderStatus, weight: Int)] = [
    (.completed, 68), (.inProgress, 8), (.scheduled, 14), (.pending, 6), (.cancelled, 4),
  ]

  /// Completed work reaches back a year, most of it a month; what is under way is of the day itself.
  private mutating func visitDay(_ status: OrderStatus) -> CalendarDay {
    switch status {
    case .completed, .cancelled: day + -random.weighted([(random.within(3...29), 60), (random.within(30...350), 40)])
    case .inProgress: day
    case .scheduled: day + random.within(1...14)
    case .pending: day + -random.within(0...2)
    }
  }

  /// An item with its keys and what every item of the patient has.
  func builder(_ type: String, sortKey: String, created: String, updated: String) -> ItemBuilder {
    var item = ItemBuilder()
    item.text("PK", "PATIENT#\(patientID)")
    item.text("SK", sortKey)
    item.text("entityType", type)
    item.text("patientId", patientID)
    item.text("createdAt", created)
    item.text("updatedAt", updated)
    return item
  }

  mutating func add(_ builder: ItemBuilder) { items.append(builder.item) }

  mutating func writeProfile() {
    isWoman = random.chance(1, in: 2)
    let created = (day + -random.within(400...2_000)).time(minutes: random.within(480...1_020))
    var item = builder("PATIENT", sortKey: "PATIENT#PROFILE", created: created, updated: created)
    item.text("mrn", "SYN-" + padded(number, 6))
    item.text("firstName", random.pick(isWoman ? Vocabulary.women : Vocabulary.men))
    item.text("lastName", "Synthetic-" + random.pick(Vocabulary.families))
    item.text("dateOfBirth", "\(day + -random.within(18 * 365...90 * 365))")
    item.text("gender", isWoman ? "FEMALE" : "MALE")
    item.text("insuranceProvider", random.pick(Vocabulary.insurers))
    item.text("insuranceId", "SYN-INS-" + padded(random.within(1...9_999_999), 7))
    add(item)
  }

  mutating func writeEncounter(_ encounterID: String, opened: String, isOver: Bool) {
    var item = builder("ENCOUNTER", sortKey: "ENCOUNTER#\(encounterID)", created: opened, updated: opened)
    item.text("encounterId", encounterID)
    item.text("department", random.pick(Vocabulary.departments))
    item.text("encounterStatus", isOver ? "FINISHED" : "OPEN")
    item.text("attendingPhysician", random.pick(Vocabulary.physicians))
    item.text("startedAt", opened)
    add(item)
  }

  mutating func drawProcedure() -> Procedure {
    while true {
      let procedure = random.pick(Procedure.all)
      if isWoman || !procedure.isForWomenOnly { return procedure }
    }
  }
}

/// The values of the relational schema's `order_status`.
enum OrderStatus: String {
  case pending = "PENDING"
  case scheduled = "SCHEDULED"
  case inProgress = "IN_PROGRESS"
  case completed = "COMPLETED"
  case cancelled = "CANCELLED"

  var isOver: Bool { self == .completed || self == .cancelled }
}
