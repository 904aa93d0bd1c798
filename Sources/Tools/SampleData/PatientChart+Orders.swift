internal import Environment
internal import Items

/// What the items of one order share.
struct OrderContext {
  var orderID: String
  var encounterID: String
  var procedure: Procedure
  var status: OrderStatus
  var visit: CalendarDay
  /// Of the visit's day.
  var scheduledMinute: Int
  var studyUID: String
}

extension PatientChart {
  mutating func writeOrder(_ index: Int, of encounterID: String, on visit: CalendarDay, _ status: OrderStatus) {
    let order = OrderContext(
      orderID: SampleData.orderID(index, ofPatient: number), encounterID: encounterID, procedure: drawProcedure(),
      status: status, visit: visit, scheduledMinute: 5 * random.within(84...228),
      // The root for identifiers made from large numbers: ITU-T X.667, used by DICOM PS3.5 annex B.2.
      studyUID: "2.25.\(random.next())")
    let created = min(order.visit, day).time(minutes: order.scheduledMinute - random.within(1_500...7_000))
    writeOrderItem(order, created: created, updated: lastChange(order, created: created))
    guard status == .completed || status == .inProgress else { return }
    writeStudy(order, index: index)
    if status == .completed {
      writeReport(
        order, index: index, random.weighted([("FINAL", 78), ("AMENDED", 6), ("PRELIMINARY", 10), ("DRAFT", 6)]),
        dictatedMinute: order.scheduledMinute + random.within(45...240))
      writeBilling(
        order, index: index,
        random.weighted([("PAID", 50), ("SUBMITTED", 28), ("PENDING", 12), ("DENIED", 5), ("ADJUSTED", 5)]),
        createdMinute: order.scheduledMinute + 60)
    }
  }

  mutating func writeOrderItem(_ order: OrderContext, created: String, updated: String) {
    var item = builder("ORDER", sortKey: "ORDER#\(order.orderID)", created: created, updated: updated)
    item.text("orderId", order.orderID)
    item.text("encounterId", order.encounterID)
    item.text("orderingPhysician", random.pick(Vocabulary.physicians))
    item.text("procedureCode", order.procedure.code)
    item.text("procedureDescription", order.procedure.description)
    item.text("modality", order.procedure.modality)
    item.text("priority", random.weighted([("ROUTINE", 75), ("URGENT", 17), ("STAT", 8)]))
    item.text("clinicalIndication", random.pick(order.procedure.indications))
    item.text("orderStatus", order.status.rawValue)
    item.text("GSI1PK", "STATUS#\(order.status.rawValue)")
    item.text("GSI1SK", "\(updated)#\(order.orderID)")
    if order.status != .pending {
      let scheduled = order.visit.time(minutes: order.scheduledMinute)
      item.text("scheduledDatetime", scheduled)
      item.text("GSI2PK", "MODALITY#\(order.procedure.modality)")
      item.text("GSI2SK", "\(scheduled)#\(order.orderID)")
    }
    add(item)
  }

  private func lastChange(_ order: OrderContext, created: String) -> String {
    switch order.status {
    case .completed: order.visit.time(minutes: order.scheduledMinute + 30)
    case .inProgress: order.visit.time(minutes: order.scheduledMinute)
    case .cancelled: order.visit.time(minutes: order.scheduledMinute - 120)
    case .pending, .scheduled: created
    }
  }

  mutating func writeStudy(_ order: OrderContext, index: Int) {
    let started = order.visit.time(minutes: order.scheduledMinute)
    let isDone = order.status == .completed
    let updated = isDone ? order.visit.time(minutes: order.scheduledMinute + 30) : started
    let accession = SampleData.accession(index, ofPatient: number)
    var item = builder("STUDY", sortKey: "STUDY#\(accession)", created: started, updated: updated)
    item.text("accessionNumber", accession)
    item.text("encounterId", order.encounterID)
    item.text("orderId", order.orderID)
    item.text("dicomStudyUid", order.studyUID)
    item.text("modality", order.procedure.modality)
    item.text("bodyPart", order.procedure.bodyPart)
    item.text("procedureCode", order.procedure.code)
    item.text("studyStatus", isDone ? "AVAILABLE" : "ACQUIRING")
    item.number("seriesCount", random.within(1...6))
    item.number("instanceCount", random.within(2...600))
    add(item)
  }

  mutating func writeReport(_ order: OrderContext, index: Int, _ status: String, dictatedMinute dictated: Int) {
    let finalized = dictated + random.within(10...600)
    let amended = finalized + random.within(60...1_400)
    let isFinal = status == "FINAL" || status == "AMENDED"
    let last = status == "AMENDED" ? amended : isFinal ? finalized : dictated
    let reading = random.pick(order.procedure.readings)
    let reportID = SampleData.reportID(index, ofPatient: number)
    var item = builder(
      "REPORT", sortKey: "REPORT#\(reportID)", created: order.visit.time(minutes: dictated),
      updated: order.visit.time(minutes: last))
    item.text("reportId", reportID)
    item.text("orderId", order.orderID)
    item.text("encounterId", order.encounterID)
    item.text("radiologistId", "rad-" + padded(random.within(1...Vocabulary.radiologists), 3))
    item.text("findingsText", reading.findings)
    item.text("impressionText", reading.impression)
    item.text("reportStatus", status)
    item.text("dicomStudyUid", order.studyUID)
    if isFinal { item.text("finalizedAt", order.visit.time(minutes: finalized)) }
    if status == "AMENDED" { item.text("amendedAt", order.visit.time(minutes: amended)) }
    add(item)
  }

  mutating func writeBilling(_ order: OrderContext, index: Int, _ status: String, createdMinute: Int) {
    let charge = order.procedure.chargeCents
    let insured = status == "DENIED" ? 0 : charge * random.within(60...95) / 100
    let transactionID = SampleData.transactionID(index, ofPatient: number)
    let created = order.visit.time(minutes: createdMinute)
    var item = builder("BILLING", sortKey: "BILLING#\(transactionID)", created: created, updated: created)
    item.text("transactionId", transactionID)
    item.text("orderId", order.orderID)
    item.text("encounterId", order.encounterID)
    item.text("serviceDate", "\(order.visit)")
    item.text("procedureCode", order.procedure.code)
    item.money("chargeAmount", cents: charge)
    item.money("insuranceAmount", cents: insured)
    item.money("patientResponsibility", cents: charge - insured)
    item.text("paymentStatus", status)
    if status != "PENDING" { item.text("claimNumber", "SYN-CLM-" + padded(random.within(1...99_999_999), 8)) }
    add(item)
  }
}
