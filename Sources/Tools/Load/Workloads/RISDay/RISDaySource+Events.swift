internal import Environment
internal import Items
internal import SampleData

/// A study under way.
struct RISStudy: Sendable {
  var course: StudyCourse
  /// The patient's index within the thread.
  var patient: Int
  var order: Int
  /// What comes next.
  var stage: RISStage
}

extension RISDaySource {
  /// What an event sends; nil for one that only changes what the source knows.
  mutating func perform(_ event: Event) -> Operation? {
    switch event {
    case .admit(let patient): return admit(patient)
    case .arrive(let patient, let studies):
      arrive(patient, studies: studies)
      return nil
    case .advance(let study): return advance(study)
    case .discharge(let patient): return discharge(patient)
    case .leave(let patient):
      patients[patient].isVisiting = false
      return nil
    }
  }

  /// The minute of the current day, and which day that is.
  private var now: (day: CalendarDay, minute: Int) {
    (settings.day(clock.day), clock.minute % RISClock.minutesOfDay)
  }

  /// The profile is written again, as a reception does that asks for changes.
  private mutating func admit(_ patient: Int) -> Operation? {
    guard !patients[patient].isVisiting else { return nil }
    patients[patient].isVisiting = true
    patients[patient].visits += 1
    let number = patients.number(patient)
    let encounter = data.encounter(
      SampleData.encountersMax + patients[patient].visits, ofPatient: number, on: now.day, atMinute: now.minute)
    add(.arrive(patient, studies: drawStudies()), inMinutes: 1...5)
    return Operation(
      kind: RISKind.admission.place, requests.admit([data.profile(ofPatient: number), encounter]))
  }

  /// On average the share of patients that the settings say.
  private mutating func drawStudies() -> Int {
    let (each, more) = settings.studies.quotientAndRemainder(dividingBy: settings.patients)
    return each + (random.chance(UInt64(more), in: UInt64(settings.patients)) ? 1 : 0)
  }

  private mutating func arrive(_ patient: Int, studies: Int) {
    patients.arrive(patient)
    patients[patient].encounter = SampleData.encountersMax + patients[patient].visits
    patients[patient].studiesOpen = studies
    if studies == 0 { return add(.discharge(patient), inMinutes: 30...180) }
    let number = patients.number(patient)
    for _ in 0..<studies {
      patients[patient].ordersPlaced += 1
      let order = SampleData.ordersMax + patients[patient].ordersPlaced
      let course = StudyCourse(
        data, patient: number, order: order,
        encounterID: SampleData.encounterID(patients[patient].encounter, ofPatient: number), visit: now.day)
      add(
        .advance(RISStudy(course: course, patient: patient, order: order, stage: .order)),
        inMinutes: RISStage.order.minutes)
    }
  }

  private mutating func discharge(_ patient: Int) -> Operation {
    patients.leave(patient)
    add(.leave(patient), inMinutes: 1...5)
    let number = patients.number(patient)
    let encounter = SampleData.encounterID(patients[patient].encounter, ofPatient: number)
    return Operation(
      kind: RISKind.transition.place,
      requests.change(
        "encounterStatus", of: "ENCOUNTER#\(encounter)", ofPatient: number, from: "OPEN", to: "FINISHED",
        more: [("endedAt", clock.text), ("updatedAt", clock.text)]))
  }

  private mutating func advance(_ study: RISStudy) -> Operation {
    let isCancelled = study.stage == .start && random.chance(RISStage.cancelledInHundred, in: 100)
    let call = isCancelled ? changeOrder(study, from: "SCHEDULED", to: "CANCELLED") : call(for: study)
    note(study)
    if isCancelled || study.stage == .complete { close(study.patient) }
    if !isCancelled, let next = study.stage.next {
      var later = study
      later.stage = next
      add(.advance(later), inMinutes: next.minutes)
    }
    return Operation(kind: study.stage.kind.place, call)
  }

  /// Remembers what was done at the stage before, which is answered by now.
  private mutating func note(_ study: RISStudy) {
    switch study.stage {
    case .schedule: patients[study.patient].order = study.order
    case .sign: patients[study.patient].reported = study.order
    default: break
    }
  }

  private mutating func close(_ patient: Int) {
    patients[patient].studiesOpen -= 1
    if patients[patient].studiesOpen == 0 { add(.discharge(patient), inMinutes: 10...60) }
  }

  private func call(for study: RISStudy) -> Call {
    let course = study.course
    let minute = clock.minute - (course.visit.daysSinceEpoch - settings.day(0).daysSinceEpoch) * RISClock.minutesOfDay
    switch study.stage {
    case .order: return requests.put(course.order(atMinute: minute))
    case .schedule:
      let scheduled = course.visit.time(minutes: minute + 60)
      return changeOrder(
        study, from: "PENDING", to: "SCHEDULED",
        more: [
          ("scheduledDatetime", scheduled), ("GSI2PK", "MODALITY#\(course.modality)"),
          ("GSI2SK", "\(scheduled)#\(course.orderID)"),
        ])
    case .start: return changeOrder(study, from: "SCHEDULED", to: "IN_PROGRESS")
    case .acquire: return requests.put(course.study(atMinute: minute))
    case .complete: return changeOrder(study, from: "IN_PROGRESS", to: "COMPLETED")
    case .archive: return change("studyStatus", of: course.studyKey, study, from: "ACQUIRING", to: "AVAILABLE")
    case .dictate: return requests.put(course.report(atMinute: minute))
    case .sign:
      return change(
        "reportStatus", of: course.reportKey, study, from: "DRAFT", to: "FINAL", more: [("finalizedAt", clock.text)])
    case .bill: return requests.put(course.billing(atMinute: minute))
    case .claim:
      return change(
        "paymentStatus", of: course.billingKey, study, from: "PENDING", to: "SUBMITTED",
        more: [("claimNumber", course.claimNumber)])
    }
  }

  private func changeOrder(
    _ study: RISStudy, from: String, to: String, more: [(name: String, value: String)] = []
  ) -> Call {
    let board = [("GSI1PK", "STATUS#\(to)"), ("GSI1SK", "\(clock.text)#\(study.course.orderID)")]
    return change("orderStatus", of: study.course.orderKey, study, from: from, to: to, more: board + more)
  }

  private func change(
    _ attribute: String, of sortKey: String, _ study: RISStudy, from: String, to: String,
    more: [(name: String, value: String)] = []
  ) -> Call {
    requests.change(
      attribute, of: sortKey, ofPatient: patients.number(study.patient), from: from, to: to,
      more: more + [("updatedAt", clock.text)])
  }
}
