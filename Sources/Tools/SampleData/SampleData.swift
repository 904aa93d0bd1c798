internal import Environment
public import Items

/// Synthetic patients of a radiology department in the single-table design: one partition `PATIENT#{patientId}` holds
/// the profile, encounters, orders, studies, reports and billing entries of a patient.
///
/// The same seed, number and day give the same bytes. Two patients share nothing, so any one can be made alone.
public struct SampleData: Sendable {
  public var seed: UInt64
  public var patients: Int
  /// The day that orders are scheduled around: some lie before it, some on it, some after.
  public var day: CalendarDay

  public init(seed: UInt64, patients: Int, day: CalendarDay) {
    self.seed = seed
    self.patients = patients
    self.day = day
  }

  /// All items of every patient, in the order of patients: about ten each.
  public var items: [AttributeMap] { (1...max(patients, 1)).prefix(patients).flatMap { items(ofPatient: $0) } }

  /// The items of one patient, counted from 1.
  public func items(ofPatient number: Int) -> [AttributeMap] {
    var chart = chart(ofPatient: number)
    chart.fill()
    return chart.items
  }

  /// The first of a patient's items: who it is.
  public func profile(ofPatient number: Int) -> AttributeMap {
    var chart = chart(ofPatient: number)
    chart.writeProfile()
    return chart.items[0]
  }

  func chart(ofPatient number: Int) -> PatientChart {
    var seeds = SeededRandom(seed: seed ^ (UInt64(number) &* 0x9E37_79B9_7F4A_7C15))
    return PatientChart(number: number, day: day, random: SeededRandom(seed: seeds.next()))
  }
}
