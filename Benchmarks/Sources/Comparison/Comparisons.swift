internal import Glibc
internal import Load
internal import Scratch

/// What the commands do: start systems, drive them, write down what was measured, and end everything.
public struct Comparisons {
  public var gantry: String
  public var seconds: Int
  /// Of a case with one client.
  public var loneSeconds: Int
  public var rounds: Int
  public var keys: Int
  public var clients: Int
  /// Where results are kept; nil: they are only printed.
  public var results: String?
  let interruption: Interruption

  public init(
    gantry: String, seconds: Int, loneSeconds: Int, rounds: Int, keys: Int, clients: Int, results: String?,
    interruption: Interruption
  ) {
    self.gantry = gantry
    self.seconds = seconds
    self.loneSeconds = loneSeconds
    self.rounds = rounds
    self.keys = keys
    self.clients = clients
    self.results = results
    self.interruption = interruption
  }

  /// Gantry against three members of etcd.
  public func etcd(executable: String) throws {
    try withSystems { folder, starting in
      starting(try GantryCluster(executable: gantry, folder: folder))
      let etcd = try EtcdCluster(executable: executable, folder: folder, interruption)
      starting(etcd)
      return { try etcd.chooseConnections(keys: keys, seconds: max(2, seconds / 10), interruption) }
    } measure: { turns in
      try compare(turns, title: "Against etcd")
    }
  }

  /// Gantry against moto's server.
  public func moto(executable: String, version: String) throws {
    try withSystems { folder, starting in
      starting(try GantryCluster(executable: gantry, folder: folder))
      starting(try MotoServer(executable: executable, version: version, folder: folder, interruption))
      return {}
    } measure: { turns in
      try compare(turns, title: "Against moto's server")
    }
  }

  /// Gantry at 70 % of what it can do.
  public func tail() throws {
    try withSystems { folder, starting in
      starting(try GantryCluster(executable: gantry, folder: folder))
      return {}
    } measure: { turns in
      let rows = try Tail(turns: turns, keys: keys, clients: clients, seconds: seconds).run()
      return (Tail.title, Tail.table(rows) + Tail.errors(rows))
    }
  }

  private func compare(_ turns: Turns, title: String) throws -> (title: String, body: String) {
    let rows = try turns.run(rounds: rounds) { round in
      Case.all(keys: keys, clients: clients, seconds: seconds, loneSeconds: loneSeconds, round: round)
    }
    let names = turns.systems.map(\.name)
    let body =
      ComparisonTables.ratios(rows, systems: names) + "\n" + ComparisonTables.absolute(rows, systems: names) + "\n"
      + ComparisonTables.errors(rows, systems: names)
      + "Closed loop, 512-byte values, durable majority writes and linearizable reads, the same keys in the same order at "
      + "each; \(seconds) s a case (\(loneSeconds) s with one client), "
      + "\(rounds == 1 ? "one round" : "means of \(rounds) rounds in turns"). System CPU is that of all processes, with "
      + "what was flushed after the last answer.\n"
    return (title, body)
  }

  // MARK: Beginning and end

  /// - Parameters:
  ///   - start: starts systems and hands each over at once; returns what is to be done once they hold their rows.
  private func withSystems(
    start: (_ folder: String, _ starting: (any MeasuredSystem) -> Void) throws -> () throws -> Void,
    measure: (Turns) throws -> (title: String, body: String)
  ) throws {
    let folder = TemporaryFolder()
    var systems: [any MeasuredSystem] = []
    defer {
      note("ending what was started")
      for system in systems { system.end() }
      folder.remove()
    }
    let machine = try Machine.description(syncIn: folder.path)
    note("starting")
    let prepare = try start(folder.path) { systems.append($0) }
    for system in systems {
      note("\(system.name): putting \(Numbers.grouped(Double(keys))) rows")
      try system.load(keys: keys, interruption)
    }
    try prepare()
    let result = try measure(Turns(systems: systems, interruption: interruption, note: note))
    let notes = systems.flatMap(\.notes).map { "- \($0)\n" }.joined()
    try publish(result.title, "\(Machine.date). \(machine)\n\n\(result.body)\n\(notes)")
  }

  private func publish(_ title: String, _ body: String) throws {
    print("\(title)\n\n\(body)")
    guard let results else { return }
    var file = ResultsFile(Files.text(results) ?? "")
    file.replace(title, with: body)
    try Files.write(file.text, to: results)
  }

  /// Progress goes to standard error.
  private func note(_ text: String) {
    let line = Array("\(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }
}
