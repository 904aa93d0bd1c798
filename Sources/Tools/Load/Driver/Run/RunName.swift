internal import Environment

/// What a report calls a load.
public struct RunName: Sendable, Equatable {
  public var workload: String
  public var endpoints: [String]
  /// Of the operations.
  public var seed: UInt64

  public init(workload: String, endpoints: [String], seed: UInt64) {
    self.workload = workload
    self.endpoints = endpoints
    self.seed = seed
  }
}

extension RunSettings {
  init(_ settings: LoadSettings, _ name: RunName) {
    self.init(
      workload: name.workload, seed: name.seed, endpoints: name.endpoints, clients: settings.clients, rate: nil,
      durationMs: settings.length?.milliseconds ?? 0, warmUpMs: settings.warmUp.milliseconds)
    guard case .open(let stages) = settings.pace else { return }
    rate = stages.map { max($0.from, $0.to) }.max()
    if stages.count > 1 || stages.first.map({ $0.from != $0.to }) ?? false {
      self.stages = stages.map(\.description).joined(separator: ", ")
    }
  }
}

extension Stage: CustomStringConvertible {
  public var description: String {
    let time = Decimals.shortest(seconds, 3) + "s"
    let rates = [from, to].map { Decimals.shortest($0, 2) }
    return from == to ? "step \(rates[0]) \(time)" : "ramp \(rates[0])..\(rates[1]) \(time)"
  }
}
