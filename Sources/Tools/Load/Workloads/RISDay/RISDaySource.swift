internal import Environment
internal import SampleData

/// The operations of a department's days.
///
/// A day's writes are spread over its minutes evenly. Patients are admitted, and each of their studies goes through
/// ``RISStage``, at the write that its time falls on; all other writes track where patients are. Between two writes to
/// one thing lie at least ``SourcePlace/settledAfter`` operations, so that the condition of the second is true although
/// many clients send at the same time. Each thread has patients of its own.
public struct RISDaySource: OperationSource {
  enum Event: Sendable {
    case admit(Int)
    /// The admission was answered: the patient can be tracked.
    case arrive(Int, studies: Int)
    case advance(RISStudy)
    case discharge(Int)
    /// The discharge was answered: the patient may come again.
    case leave(Int)
  }

  public let kinds: [String]
  let settings: RISDaySettings
  let data: SampleData
  let requests: RISRequests
  var random: SeededRandom
  var clock: RISClock
  var patients: RISPatients
  var agenda = RISAgenda<Event>()
  private var daysBegun = 0
  private let reads: RISReads
  /// Reaches the sum of reads and writes once for each write, so that their proportion holds at any length.
  private var writeCredit: Int

  init(_ settings: RISDaySettings, at place: SourcePlace) {
    self.settings = settings
    kinds = settings.kinds
    data = settings.sampleData(seed: place.seed)
    requests = RISRequests(table: settings.table)
    random = place.random()
    clock = RISClock(settings, threads: place.threads)
    patients = RISPatients(settings, at: place)
    reads = RISReads(settings)
    writeCredit = Int(random.below(UInt64(settings.readsPerMonth + settings.writesPerMonth)))
  }

  public mutating func next() -> Operation {
    writeCredit += settings.writesPerMonth
    let whole = settings.readsPerMonth + settings.writesPerMonth
    guard writeCredit >= whole else { return reads.next(&random, patients, clock, requests) }
    writeCredit -= whole
    return nextWrite()
  }

  private mutating func nextWrite() -> Operation {
    clock.advance()
    if clock.day >= daysBegun { beginDay() }
    while let event = agenda.take(at: clock.writes) {
      if let operation = perform(event) { return operation }
    }
    return track()
  }

  /// Enters the arrivals of the day, most of them in working hours. On the first day those before its beginning are
  /// left out.
  private mutating func beginDay() {
    let midnight = daysBegun * RISClock.minutesOfDay
    daysBegun += 1
    for patient in 0..<patients.count {
      let minute = random.chance(4, in: 5) ? 420 + random.below(720) : random.below(1_440)
      let due = clock.write(atMinute: midnight + Int(minute))
      if due >= clock.writes { agenda.add(.admit(patient), due: due) }
    }
  }

  private mutating func track() -> Operation {
    let patient = patients.anyPresent(&random)
    let location = RISPlaces.all[Int(random.below(UInt64(RISPlaces.all.count)))]
    let call = requests.track(
      patients.number(patient), encounter: patients[patient].encounter, at: location, time: clock.text)
    return Operation(kind: RISKind.tracking.place, call)
  }

  mutating func add(_ event: Event, inMinutes range: ClosedRange<Int>) {
    let minutes = range.lowerBound + Int(random.below(UInt64(range.count)))
    agenda.add(event, due: clock.write(inMinutes: minutes))
  }
}

/// Where patients are seen.
enum RISPlaces {
  static let all: [StaticString] = [
    "RECEPTION", "WAITING_ROOM", "CT_1", "CT_2", "MR_1", "XRAY_1", "XRAY_2", "ULTRASOUND_1", "RECOVERY", "WARD",
  ]
}
