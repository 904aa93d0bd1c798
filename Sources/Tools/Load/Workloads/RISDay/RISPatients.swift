internal import Environment
internal import SampleData

/// The patients of one thread and what it knows of them.
struct RISPatients: Sendable {
  struct Patient: Sendable {
    /// The newest encounter that is surely there.
    var encounter = 1
    /// The newest order that is surely there.
    var order = 1
    /// The order whose report is the newest; nil before the first.
    var reported: Int?
    /// Visits of this load.
    var visits = 0
    var ordersPlaced = 0
    /// Studies of this visit that are not over.
    var studiesOpen = 0
    /// From admission until the discharge is answered.
    var isVisiting = false
    /// Among those present.
    var place: Int?
  }

  private let thread: Int
  private let threads: Int
  private var patients: [Patient]
  /// Those whose admission is taken for answered and who were not discharged.
  private var present: [Int] = []

  init(_ settings: RISDaySettings, at place: SourcePlace) {
    (thread, threads) = (place.thread, place.threads)
    // More threads than patients: the rest have one that is not there before.
    let count = (max(settings.patients, threads) - thread + threads - 1) / threads
    patients = Array(repeating: Patient(), count: count)
  }

  var count: Int { patients.count }

  /// The number of a patient in ``SampleData``.
  func number(_ index: Int) -> Int { 1 + thread + index * threads }

  subscript(index: Int) -> Patient {
    _read { yield patients[index] }
    _modify { yield &patients[index] }
  }

  mutating func arrive(_ index: Int) {
    patients[index].place = present.count
    present.append(index)
  }

  mutating func leave(_ index: Int) {
    guard let place = patients[index].place else { return }
    patients[index].place = nil
    let last = present.removeLast()
    guard last != index else { return }
    present[place] = last
    patients[last].place = place
  }

  /// One who is there, else anyone.
  func anyPresent(_ random: inout SeededRandom) -> Int {
    present.isEmpty ? anyone(&random) : present[Int(random.below(UInt64(present.count)))]
  }

  func anyone(_ random: inout SeededRandom) -> Int { Int(random.below(UInt64(patients.count))) }
}
