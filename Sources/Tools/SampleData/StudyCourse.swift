internal import Environment
public import Items

/// An examination as it happens, from the order to the bill: the item that each part of it begins as, with the
/// attributes of ``SampleData``. Whoever follows it changes their states later.
public struct StudyCourse: Sendable {
  private let data: SampleData
  private let patient: Int
  /// Of the order, counted from 1 for each patient.
  private let index: Int
  private let context: OrderContext

  /// - Parameters:
  ///   - index: above ``SampleData/ordersMax`` for an order that the patient does not have yet.
  ///   - visit: the day that the minutes of times count from.
  public init(_ data: SampleData, patient: Int, order index: Int, encounterID: String, visit: CalendarDay) {
    (self.data, self.patient, self.index) = (data, patient, index)
    // Writing the profile tells whether the patient is a woman.
    var chart = data.chart(ofPatient: patient)
    chart.writeProfile()
    chart.random = Self.random(data, patient, index, part: 0)
    context = OrderContext(
      orderID: SampleData.orderID(index, ofPatient: patient), encounterID: encounterID,
      procedure: chart.drawProcedure(), status: .pending, visit: visit, scheduledMinute: 0,
      studyUID: "2.25.\(chart.random.next())")
  }

  public var orderKey: String { "ORDER#\(context.orderID)" }

  public var studyKey: String { "STUDY#\(SampleData.accession(index, ofPatient: patient))" }

  public var reportKey: String { Self.reportKey(index, ofPatient: patient) }

  public static func reportKey(_ index: Int, ofPatient number: Int) -> String {
    "REPORT#\(SampleData.reportID(index, ofPatient: number))"
  }

  public var billingKey: String { "BILLING#\(SampleData.transactionID(index, ofPatient: patient))" }

  public var orderID: String { context.orderID }

  public var visit: CalendarDay { context.visit }

  /// DICOM's abbreviation.
  public var modality: String { context.procedure.modality }

  /// Claim numbers are recognisable as made up.
  public var claimNumber: String { "SYN-CLM-\(padded(patient, 6))\(padded(index, 2))" }

  /// `PENDING`.
  public func order(atMinute minute: Int) -> AttributeMap {
    item(1, atMinute: minute) { chart, order in
      let time = order.visit.time(minutes: minute)
      chart.writeOrderItem(order, created: time, updated: time)
    }
  }

  /// `ACQUIRING`.
  public func study(atMinute minute: Int) -> AttributeMap {
    item(2, atMinute: minute) { chart, order in chart.writeStudy(order, index: index) }
  }

  /// `DRAFT`.
  public func report(atMinute minute: Int) -> AttributeMap {
    item(3, atMinute: minute) { chart, order in
      chart.writeReport(order, index: index, "DRAFT", dictatedMinute: minute)
    }
  }

  /// `PENDING`.
  public func billing(atMinute minute: Int) -> AttributeMap {
    item(4, atMinute: minute) { chart, order in
      chart.writeBilling(order, index: index, "PENDING", createdMinute: minute)
    }
  }

  private func item(
    _ part: UInt64, atMinute minute: Int, _ write: (inout PatientChart, OrderContext) -> Void
  ) -> AttributeMap {
    var order = context
    order.scheduledMinute = minute
    var chart = PatientChart(number: patient, day: order.visit, random: Self.random(data, patient, index, part: part))
    write(&chart, order)
    return chart.items[0]
  }

  private static func random(_ data: SampleData, _ patient: Int, _ index: Int, part: UInt64) -> SeededRandom {
    SeededRandom(seed: data.seed ^ ((UInt64(patient) << 32 | UInt64(index) << 8 | part) &* 0xD6E8_FEB8_6659_FD93))
  }
}

extension SampleData {
  /// An encounter that begins: `OPEN`.
  ///
  /// - Parameter index: above ``encountersMax`` for one that the patient does not have yet.
  public func encounter(
    _ index: Int, ofPatient number: Int, on visit: CalendarDay, atMinute minute: Int
  ) -> AttributeMap {
    var chart = PatientChart(
      number: number, day: visit, random: SeededRandom(seed: seed ^ UInt64(number) << 20 ^ UInt64(index)))
    chart.writeEncounter(
      Self.encounterID(index, ofPatient: number), opened: visit.time(minutes: minute), isOver: false)
    return chart.items[0]
  }
}
