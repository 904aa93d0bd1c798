internal import SampleData

/// The days of a radiology department of medium size.
public struct RISDaySettings: Sendable, Equatable {
  public var table = "ris-patient-tracking"
  /// Each comes once a day.
  public var patients = 500
  /// A day, on average.
  public var studies = 200
  /// In thirty days.
  public var readsPerMonth = 20_000_000
  public var writesPerMonth = 2_000_000
  /// How much faster than in reality time passes at ``naturalRate``.
  public var compression = 1.0
  /// Whether worklists are queried, by status and by modality and time, which needs the table's indexes.
  public var worklists = false

  public init() {}

  static let daysOfMonth = 30
  /// Items that a patient has at the beginning, on average.
  static let itemsOfPatient = 10
  /// The day before the first one; a fixed one, as operations depend on the seed alone.
  private static let eve = CalendarDay(year: 2026, month: 3, day: 1)

  /// Operations a second.
  public var naturalRate: Double {
    Double(readsPerMonth + writesPerMonth) / Double(Self.daysOfMonth * 86_400) * compression
  }

  var writesPerDay: Double { Double(writesPerMonth) / Double(Self.daysOfMonth) }

  /// What patients and studies need of a day's writes, at most; the rest tracks where patients are.
  var courseWritesPerDay: Int { patients * 2 + studies * RISStage.allCases.count }

  var kinds: [String] { RISKind.allCases.filter { worklists || !$0.needsIndex }.map(\.rawValue) }

  /// The patients and their past.
  func sampleData(seed: UInt64) -> SampleData { SampleData(seed: seed, patients: patients, day: Self.eve) }

  /// - Parameter number: from 0.
  func day(_ number: Int) -> CalendarDay { Self.eve + (number + 1) }
}

/// The operations, in the order of reports.
enum RISKind: String, CaseIterable, Sendable {
  case admission
  case order
  /// The status of an order, a study or an encounter changes, under the condition that it was the one before.
  case transition
  case report
  case billing
  case tracking
  case profile
  case lookup
  case timeline
  case statusBoard = "status-board"
  case modalitySchedule = "modality-schedule"

  var needsIndex: Bool { self == .statusBoard || self == .modalitySchedule }

  /// Its place among the kinds of a workload; those that need an index come last.
  var place: Int { Self.allCases.firstIndex(of: self)! }
}
