internal import Supervisor

/// Does to a cluster what a fault asks for, by the same means as the cluster commands.
struct FaultHand: Sendable {
  private static let wholeTimeout = Duration.seconds(60)

  let cluster: DrilledCluster

  func perform(_ work: FaultWork) async throws {
    switch work {
    case .kill(let names): try await eachAtOnce(names) { _ = try $0.kill() }
    case .stop(let names): try await eachAtOnce(names) { _ = try $0.stop() }
    case .start(let names): try await start(names)
    case .pause(let names): try await eachAtOnce(names) { _ = try $0.pause() }
    case .resume(let names): try await eachAtOnce(names) { _ = try await $0.resume() }
    case .restart(let names): try await restart(names)
    case .corrupt(let names, let file): try await rewrite(names) { try FileDamage.corrupt(file, in: $0) }
    // As where a machine is replaced; the node makes the folder anew.
    case .wipe(let names): try await rewrite(names) { try Files.removeTree($0) }
    case .add(let names): for name in names { _ = try await members.add(name) }
    case .drain(let names): try await drain(names)
    case .replace(let names): for name in names { _ = try await members.replace(name) }
    case .partition, .isolate, .delay, .loss, .heal: try await changeLinks(work)
    case .clock(let names, let offsetMs): _ = try await commands.clock(word(names), offsetMs: offsetMs)
    case .fullDisk(let names): _ = try await commands.disk(word(names), isFull: true)
    case .slowDisk(let names, let ms): _ = try await commands.disk(word(names), syncDelayMs: ms)
    case .wholeDisk(let names): _ = try await commands.disk(word(names))
    }
  }

  private func changeLinks(_ work: FaultWork) async throws {
    switch work {
    case .partition(let groups): _ = try await commands.partition(groups.map(word))
    case .isolate(let senders, let receivers):
      _ = try await commands.isolate(from: word(senders), to: word(receivers))
    case .delay(let groups, let ms, let jitterMs):
      _ = try await commands.delay(groups.map(word), ms: ms, jitterMs: jitterMs)
    case .loss(let groups, let percent): _ = try await commands.loss(groups.map(word), percent: percent)
    case .heal: _ = try await commands.heal()
    default: fatalError("A fault of links is one of these.")
    }
  }

  private var members: MemberCommands { MemberCommands(cluster.folder) { _ in } }

  /// One after the other. What another step began, or broke, has to be over: the command would be refused.
  private func drain(_ names: [String]) async throws {
    for name in names {
      try await waitUntilWhole("before \(name) is drained")
      _ = try await members.drain(name)
    }
  }

  private var commands: FaultCommands { FaultCommands(cluster.folder) }

  private func word(_ names: [String]) -> String { names.joined(separator: ",") }

  private func eachAtOnce(
    _ names: [String], _ body: @escaping @Sendable (ProcessCommands) async throws -> Void
  ) async throws {
    let commands = try names.map { (name) throws(SupervisorError) in try ProcessCommands(cluster.folder, name) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for command in commands { group.addTask { try await body(command) } }
      try await group.waitForAll()
    }
  }

  /// One after the other, as an upgrade goes: the next one when the cluster is whole.
  private func restart(_ names: [String]) async throws {
    for name in names {
      let command = try ProcessCommands(cluster.folder, name)
      _ = try command.stop()
      _ = try await command.start()
      try await waitUntilWhole("after the restart of \(name)")
    }
  }

  private func waitUntilWhole(_ when: String) async throws {
    let deadline = ContinuousClock.now + Self.wholeTimeout
    while true {
      let obstacles = try await cluster.view().obstacles
      if obstacles.isEmpty { return }
      guard ContinuousClock.now < deadline else {
        throw DrillError("\(when) the cluster does not become whole: \(obstacles[0])")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Changes the files of processes that are all dead meanwhile.
  private func rewrite(_ names: [String], _ change: (String) throws -> Void) async throws {
    let folders = try await cluster.view().processes.reduce(into: [:]) { $0[$1.name] = $1.dataDir }
    try await eachAtOnce(names) { _ = try $0.kill() }
    for name in names {
      guard let folder = folders[name] else { throw DrillError("\(name) has no files") }
      try change(folder)
    }
    try await start(names)
  }

  /// Returns when the processes run. Whether they serve is seen by clients, and by how long the cluster takes to be whole.
  private func start(_ names: [String]) async throws {
    try await eachAtOnce(names) { _ = try await $0.start(until: .running) }
  }
}
