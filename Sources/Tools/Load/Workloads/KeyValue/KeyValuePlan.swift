internal import Environment

/// One operation of a key-value workload before it has a wire form.
public struct KeyValueStep: Sendable, Equatable {
  public var action: KeyValueAction
  /// The place of the action among those that occur.
  public var kind: Int
  /// The record's number.
  public var key: Int
  /// Items of a scan.
  public var scanLength = 1
  /// The field that an update replaces.
  public var field = 0
}

/// What a thread does to which key: the same for every wire, so that systems can be compared on the same sequence.
public struct KeyValuePlan: Sendable {
  private struct Choice: Sendable {
    var action: KeyValueAction
    /// The sum of the shares up to here.
    var end: Double
  }

  public let kinds: [String]
  private let settings: KeyValueSettings
  private let choices: [Choice]
  private var random: SeededRandom
  private var keys: KeyChooser

  /// - Parameter zeta: what ``KeyChooser/zeta(for:)`` gives.
  public init(_ settings: KeyValueSettings, at place: SourcePlace, zeta: Double?) {
    self.settings = settings
    kinds = settings.kinds
    var sum = 0.0
    choices = settings.actions.map { action in
      sum += settings[share: action]
      return Choice(action: action, end: sum)
    }
    random = place.random()
    keys = KeyChooser(settings, at: place, zeta: zeta)
  }

  public mutating func next() -> KeyValueStep {
    keys.beginOperation()
    let (kind, action) = choose()
    let key = action == .insert ? keys.insert() : keys.next(&random)
    var step = KeyValueStep(action: action, kind: kind, key: key)
    switch action {
    case .scan: step.scanLength = 1 + Int(random.below(UInt64(settings.scanLengthMax)))
    case .update, .readModifyWrite: step.field = Int(random.below(UInt64(settings.fields)))
    case .read, .insert, .put: break
    }
    return step
  }

  private mutating func choose() -> (kind: Int, action: KeyValueAction) {
    guard choices.count > 1 else { return (0, choices[0].action) }
    let point = random.unit()
    var index = 0
    while index < choices.count - 1, point >= choices[index].end { index += 1 }
    return (index, choices[index].action)
  }
}
