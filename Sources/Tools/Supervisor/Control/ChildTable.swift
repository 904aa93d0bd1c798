/// The supervisor's children and what became of them. Confined to whoever holds the supervisor's lock.
struct ChildTable: Sendable {
  struct Child: Sendable {
    var plan: ClusterPlan.Process
    /// Nil while it is down.
    var identity: ProcessIdentity?
    /// Set when its end was asked for, so that the log tells a fault from a request.
    var isEndRequested = false
  }

  private(set) var children: [Child]
  /// Set before the children are ended: nothing is started from then on.
  var isStopping = false
  var description: ClusterDescription

  init(_ plan: ClusterPlan, description: ClusterDescription) {
    children = plan.processes.map { Child(plan: $0) }
    self.description = description
  }

  func child(named name: String) -> Child? { children.first { $0.plan.name == name } }

  var living: [Child] { children.filter { $0.identity != nil } }

  mutating func started(_ name: String, _ identity: ProcessIdentity) {
    update(name) {
      $0.identity = identity
      $0.isEndRequested = false
    }
    description.update(name, identity)
  }

  mutating func ended(_ name: String) {
    update(name) { $0.identity = nil }
    description.update(name, nil)
  }

  mutating func endRequested(_ name: String) { update(name) { $0.isEndRequested = true } }

  /// A process that was not there before; it is started by its name.
  mutating func add(_ plan: ClusterPlan.Process, in region: String) {
    children.append(Child(plan: plan))
    guard let position = description.regions.firstIndex(where: { $0.name == region }) else { return }
    // Nodes come before all others.
    let place = description.regions[position].processes.firstIndex { $0.role != .node }
    description.regions[position].processes.insert(DescribedProcess(plan), at: place ?? 0)
  }

  /// A process that is down leaves.
  mutating func remove(_ name: String) {
    children.removeAll { $0.plan.name == name }
    for position in description.regions.indices {
      description.regions[position].processes.removeAll { $0.name == name }
    }
  }

  private mutating func update(_ name: String, _ change: (inout Child) -> Void) {
    guard let index = children.firstIndex(where: { $0.plan.name == name }) else {
      fatalError("The supervisor has no child \(name).")
    }
    change(&children[index])
  }
}
