/// What a command, or the topology, says of the links between groups of processes: how slow they are, what they lose.
///
/// It concerns each link between two of the groups, both ways. Of two that speak of one link the later one counts.
struct LinkImpairment: Equatable, Sendable {
  struct Delay: Equatable, Sendable {
    /// Added to each message; messages stay in order.
    var ms: Int
    /// By how much a message's delay may differ, both ways.
    var jitterMs = 0
  }

  static let delayMsMax = 60_000

  var groups: [[String]]
  /// Nil: nothing is said of it.
  var delay: Delay?
  /// Chance of losing a message, 0…1,000,000; nil: nothing is said of it.
  var lossPerMillion: Int?

  /// Whom `name` has such links to.
  func peers(of name: String) -> [String] {
    guard groups.contains(where: { $0.contains(name) }) else { return [] }
    return groups.filter { !$0.contains(name) }.flatMap { $0 }
  }

  /// For people: `us-n1 | eu-n1: 50 ± 5 ms, 2 % lost`.
  var text: String {
    let delay = delay.map { "\($0.ms)\($0.jitterMs > 0 ? " ± \($0.jitterMs)" : "") ms" }
    let loss = lossPerMillion.map { "\(Self.percent($0)) % lost" }
    return groups.map { $0.joined(separator: ",") }.joined(separator: " | ") + ": "
      + [delay, loss].compactMap { $0 }.joined(separator: ", ")
  }

  static func percent(_ perMillion: Int) -> String {
    perMillion % 10_000 == 0 ? "\(perMillion / 10_000)" : "\(Double(perMillion) / 10_000)"
  }
}

extension [LinkImpairment] {
  /// What of all this concerns the messages that `name` sends, one entry a peer in the order of the list. Only the
  /// sender applies it: were both ends to do so, it would count twice.
  func sending(from name: String) -> [(peer: String, delay: LinkImpairment.Delay, lossPerMillion: Int)] {
    var found: [(peer: String, delay: LinkImpairment.Delay, lossPerMillion: Int)] = []
    for impairment in self {
      for peer in impairment.peers(of: name) {
        let place = found.firstIndex { $0.peer == peer } ?? found.count
        if place == found.count { found.append((peer, LinkImpairment.Delay(ms: 0), 0)) }
        if let delay = impairment.delay { found[place].delay = delay }
        if let loss = impairment.lossPerMillion { found[place].lossPerMillion = loss }
      }
    }
    return found.filter { $0.delay != LinkImpairment.Delay(ms: 0) || $0.lossPerMillion > 0 }
  }
}
