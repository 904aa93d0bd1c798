internal import Environment
internal import SampleData

/// What is looked up: mostly of the patients who are there.
struct RISReads: Sendable {
  /// Kinds by weight, the weights adding up to 100.
  private let weights: [(kind: RISKind, weight: Int)]

  init(_ settings: RISDaySettings) {
    weights =
      settings.worklists
      ? [(.profile, 20), (.lookup, 35), (.timeline, 15), (.statusBoard, 15), (.modalitySchedule, 15)]
      : [(.profile, 30), (.lookup, 45), (.timeline, 25)]
  }

  func next(
    _ random: inout SeededRandom, _ patients: RISPatients, _ clock: RISClock, _ requests: RISRequests
  ) -> Operation {
    let kind = draw(&random)
    let patient = random.chance(3, in: 4) ? patients.anyPresent(&random) : patients.anyone(&random)
    let number = patients.number(patient)
    let call =
      switch kind {
      case .timeline: requests.timeline(number)
      case .lookup: lookup(patients[patient], number, &random, requests)
      case .statusBoard: requests.statusBoard(Self.pick(Self.statuses, &random))
      case .modalitySchedule:
        requests.modalitySchedule(Self.pick(Self.modalities, &random), day: String(clock.text.prefix(10)))
      default: requests.profile(number)
      }
    return Operation(kind: kind.place, call)
  }

  private func draw(_ random: inout SeededRandom) -> RISKind {
    var rest = Int(random.below(100))
    for choice in weights {
      rest -= choice.weight
      if rest < 0 { return choice.kind }
    }
    fatalError("The weights of the reads do not add up to 100.")
  }

  /// An order, or the newest report where there is one.
  private func lookup(
    _ patient: RISPatients.Patient, _ number: Int, _ random: inout SeededRandom, _ requests: RISRequests
  ) -> Call {
    if let reported = patient.reported, random.chance(1, in: 3) {
      return requests.report(StudyCourse.reportKey(reported, ofPatient: number), ofPatient: number)
    }
    return requests.order(patient.order, ofPatient: number)
  }

  private static let statuses: [StaticString] = ["PENDING", "SCHEDULED", "IN_PROGRESS", "COMPLETED"]
  private static let modalities: [StaticString] = ["CR", "DX", "CT", "MR", "US", "MG", "PT"]

  private static func pick(_ texts: [StaticString], _ random: inout SeededRandom) -> StaticString {
    texts[Int(random.below(UInt64(texts.count)))]
  }
}
