internal import Environment
internal import Load

/// One row of a comparison: what is asked of every system.
struct Case: Sendable {
  var title: String
  var verb: Verb
  var space: KeySpace
  var clients: Int
  var seconds: Int

  /// The six cases of a comparison; a round has a seed of its own, so that no round repeats another.
  static func all(keys: Int, clients: Int, seconds: Int, loneSeconds: Int, round: Int) -> [Case] {
    let hot = KeySpace.random(count: min(4, keys), seed: UInt64(100 + round))
    let random = KeySpace.random(count: keys, seed: UInt64(200 + round))
    let wide = "\(Numbers.grouped(Double(keys))) random keys"
    return [
      Case(title: "put, 4 hot keys, \(clients) clients", verb: .put, space: hot, clients: clients, seconds: seconds),
      Case(title: "get, 4 hot keys, \(clients) clients", verb: .get, space: hot, clients: clients, seconds: seconds),
      Case(title: "put, \(wide), \(clients) clients", verb: .put, space: random, clients: clients, seconds: seconds),
      Case(title: "get, \(wide), \(clients) clients", verb: .get, space: random, clients: clients, seconds: seconds),
      Case(title: "put, \(wide), one client", verb: .put, space: random, clients: 1, seconds: loneSeconds),
      Case(title: "get, \(wide), one client", verb: .get, space: random, clients: 1, seconds: loneSeconds),
    ]
  }

  var settings: LoadSettings { .closed(clients: clients, seconds: seconds) }
}

extension LoadSettings {
  /// The same for every system: one event loop, no second attempts, and a warm-up that is not counted.
  static func closed(clients: Int, seconds: Int) -> LoadSettings {
    var settings = LoadSettings(pace: .closed, duration: .seconds(UInt64(seconds)))
    settings.clients = clients
    settings.warmUp = .milliseconds(min(2_000, UInt64(seconds) * 200))
    settings.retries = 0
    return settings
  }

  /// The same in an open loop.
  static func open(rate: Double, clients: Int, seconds: Int) -> LoadSettings {
    var settings = closed(clients: clients, seconds: seconds)
    settings.pace = .open([.steady(rate, .seconds(UInt64(seconds)))])
    settings.duration = nil
    return settings
  }
}
