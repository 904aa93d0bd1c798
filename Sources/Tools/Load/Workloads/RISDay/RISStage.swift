/// What happens to a study next. The raw values give their order.
enum RISStage: Int, CaseIterable, Sendable {
  /// The order is placed: `PENDING`.
  case order
  /// `PENDING` → `SCHEDULED`; it enters the modality's schedule.
  case schedule
  /// `SCHEDULED` → `IN_PROGRESS`, or for few `CANCELLED`.
  case start
  /// The study's images begin to arrive: `ACQUIRING`.
  case acquire
  /// The order: `IN_PROGRESS` → `COMPLETED`.
  case complete
  /// The study: `ACQUIRING` → `AVAILABLE`.
  case archive
  /// The report is dictated: `DRAFT`.
  case dictate
  /// The report: `DRAFT` → `FINAL`.
  case sign
  /// A billing entry: `PENDING`.
  case bill
  /// The billing entry: `PENDING` → `SUBMITTED`.
  case claim

  var next: RISStage? { RISStage(rawValue: rawValue + 1) }

  var kind: RISKind {
    switch self {
    case .order: .order
    case .schedule, .start, .complete, .acquire, .archive: .transition
    case .dictate, .sign: .report
    case .bill, .claim: .billing
    }
  }

  /// Minutes between the stage before (for an order: the admission) and this one.
  var minutes: ClosedRange<Int> {
    switch self {
    case .order: 5...30
    case .schedule: 2...20
    case .start: 20...120
    case .acquire: 1...5
    case .complete: 5...30
    case .archive: 1...5
    case .dictate: 20...120
    case .sign: 5...180
    case .bill: 5...60
    case .claim: 10...120
    }
  }

  /// Of a hundred scheduled studies, those that are cancelled.
  static let cancelledInHundred: UInt64 = 4
}
