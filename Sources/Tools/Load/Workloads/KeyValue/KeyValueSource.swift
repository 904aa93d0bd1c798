internal import Environment

/// A key-value workload on the DynamoDB API, as YCSB's DynamoDB binding does it: an update is an UpdateItem of one field;
/// a scan is a GetItem of its first key and, where more than one item is asked for, a Scan that starts after it with the
/// rest as its limit. So it follows the order of the service, which is no order of keys.
public struct KeyValueSource: OperationSource {
  private var plan: KeyValuePlan
  private let requests: KeyValueRequests
  /// Of the values, so that the plan does not depend on them.
  private var random: SeededRandom

  init(_ settings: KeyValueSettings, at place: SourcePlace, zeta: Double?) {
    plan = KeyValuePlan(settings, at: place, zeta: zeta)
    requests = KeyValueRequests(settings)
    random = place.random(purpose: 1)
  }

  public var kinds: [String] { plan.kinds }

  public mutating func next() -> Operation {
    let step = plan.next()
    switch step.action {
    case .read: return Operation(kind: step.kind, requests.read(step.key))
    case .update: return Operation(kind: step.kind, requests.update(step.key, field: step.field, &random))
    case .insert, .put: return Operation(kind: step.kind, requests.put(step.key, &random))
    case .scan:
      let rest = step.scanLength > 1 ? requests.scan(after: step.key, count: step.scanLength - 1) : nil
      return Operation(kind: step.kind, requests.read(step.key), then: rest)
    case .readModifyWrite:
      let update = requests.update(step.key, field: step.field, &random)
      return Operation(kind: step.kind, requests.read(step.key), then: update)
    }
  }
}
