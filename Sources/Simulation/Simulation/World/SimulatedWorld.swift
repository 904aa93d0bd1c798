import Catalog
import Environment
import Messages
import Node

/// Several regions on one virtual time, and the network between them.
///
/// Each region is a whole ``SimulatedCluster`` with events of its own; the world brings about whichever comes first.
final class SimulatedWorld {
  let regions: [SimulatedCluster]
  /// Called with each change that leaves for another region.
  var onBatch: ((RegionBatch, _ from: Int, _ to: Int) -> Void)?
  /// Called with each frame that leaves for another region.
  var onFrame: (([UInt8], _ from: Int, _ to: Int) -> Void)?
  /// Which regions may not see everything of which tables.
  let residencies: [TableResidency]
  private var random: SeededRandom
  private var weather: Weather
  private let ordinary: Weather
  /// Cuts from several causes add up.
  private var cuts: [Int]

  /// - Parameter options: of each region, the first of them the one that everything else is about.
  init(
    _ options: [SimulationOptions], weather: Weather, residencies: [TableResidency] = [], trace: Trace, seed: UInt64
  ) {
    random = SeededRandom(seed: seed)
    self.residencies = residencies
    self.weather = weather
    ordinary = weather
    cuts = Array(repeating: 0, count: options.count * options.count)
    let known = options.indices.map { number in
      NodeConfiguration.Region(
        name: Self.name(number), nodes: (1...UInt32(options[number].nodes)).map { NodeID($0) })
    }
    regions = options.indices.map { number in
      let others = known.filter { $0.name != Self.name(number) }
      return SimulatedCluster(
        options: options[number], trace: number == 0 ? trace : Trace(of: Self.name(number), in: trace),
        place: .init(name: Self.name(number), others: others, residencies: residencies))
    }
    for number in regions.indices {
      regions[number].elsewhere = { [unowned self] message in carry(message, from: number) }
    }
  }

  static func name(_ number: Int) -> String { "r\(number + 1)" }

  private static func number(_ name: String) -> Int {
    guard let number = Int(name.dropFirst()) else { fatalError("A region has no number.") }
    return number - 1
  }

  // MARK: Time

  /// As ``SimulatedCluster/run(for:until:)``.
  @discardableResult
  func run(for span: Span, until isDone: () -> Bool = { false }) -> Bool {
    let deadline = regions[0].now + span
    while !isDone() {
      guard regions.allSatisfy({ $0.events < $0.eventsMax }) else { return false }
      var next: (region: SimulatedCluster, at: Instant)?
      for region in regions {
        if let at = region.queue.nextAt, at <= deadline, next.map({ at < $0.at }) ?? true { next = (region, at) }
      }
      for region in regions { region.pass(to: next?.at ?? deadline) }
      guard let next else { return isDone() }
      next.region.step()
    }
    return true
  }

  // MARK: Faults

  func cut(from: Int, to: Int) { cuts[from * regions.count + to] += 1 }

  func lift(from: Int, to: Int) { cuts[from * regions.count + to] -= 1 }

  func worsen(_ worse: Weather) { weather = ordinary.worsened(by: worse) }

  func calm() { weather = ordinary }

  func heal() {
    cuts = Array(repeating: 0, count: cuts.count)
    calm()
  }

  // MARK: Messages

  private func carry(_ message: SimulatedCluster.Elsewhere, from: Int) {
    switch message {
    case .requests(let node, let life, let region, let to, let requests):
      let target = Self.number(region)
      for case .region(let batch) in requests.map(\.operation) { onBatch?(batch, from, target) }
      if let onFrame { for frame in OperationFrame.encode(requests) { onFrame(frame, from, target) } }
      let connection =
        life << 32 | SimulatedCluster.regionalBit | UInt64(from) << 16 | UInt64(node.rawValue)
      deliver(.regionalRequests(to: to, requests, connection: connection), from: from, to: target)
    case .responses(let node, let responses, let connection):
      let target = Int(connection >> 16 & 0xFF)
      if let onFrame { for frame in OperationFrame.encode(responses) { onFrame(frame, from, target) } }
      deliver(
        .regionalResponses(
          from: node, of: Self.name(from), to: NodeID(UInt32(connection & 0xFFFF)), life: connection >> 32, responses),
        from: from, to: target)
    }
  }

  /// Messages are lost, doubled and reordered, as between nodes.
  private func deliver(_ event: Event, from: Int, to: Int) {
    guard cuts[from * regions.count + to] == 0 else { return }
    if weather.lossPerMille > 0, random.chance(weather.lossPerMille, in: 1_000) { return }
    let copies = weather.duplicatesPerMille > 0 && random.chance(weather.duplicatesPerMille, in: 1_000) ? 2 : 1
    for _ in 0..<copies {
      let delay = Span(nanoseconds: 1 + random.below(weather.delayMax.nanoseconds))
      regions[to].queue.add(event, at: regions[from].now + delay)
    }
  }
}

extension SimulatedCluster {
  /// A region among others.
  struct Place {
    var name: String
    var others: [NodeConfiguration.Region]
    var residencies: [TableResidency]
  }

  /// What a node has for a node of another region.
  enum Elsewhere {
    case requests(from: NodeID, life: UInt64, region: String, to: NodeID, [Request])
    case responses(from: NodeID, [Response], connection: UInt64)
  }
}
