internal import ArgumentParser
internal import Supervisor

struct PauseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Lets a process stand still (SIGSTOP) until it is resumed.",
    discussion: """
      Its connections stay open, so the others learn of it only by its silence. stop, kill and down work on it.
      Example: gantry cluster pause n1
      """)

  @Argument(help: "A node or coordinator of the topology.") var name: String
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let report = try ProcessCommands(options.folder(), name).pause()
    Terminal.print(options.json ? report.json : report.text)
  }
}

struct ResumeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Lets a paused process go on (SIGCONT).",
    discussion: """
      It is told first which of its links were cut or healed meanwhile.
      Example: gantry cluster resume n1
      """)

  @Argument(help: "A node or coordinator of the topology.") var name: String
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let command = try ProcessCommands(options.folder(), name)
    let report = try blocking { () async throws(SupervisorError) in try await command.resume() }
    Terminal.print(options.json ? report.json : report.text)
  }
}

struct PartitionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "partition", abstract: "Cuts every link between groups of processes.",
    discussion: """
      Nothing passes between two groups; a process in none of them keeps all its links. It replaces the former
      partition, and lasts, also for processes that start later, until heal or down.
      Examples:
        gantry cluster partition n1 n2,n3
        gantry cluster partition n1,c1 n2,n3,c2
      """)

  @Argument(help: ArgumentHelp("Two groups or more: names with commas.", valueName: "group")) var groups: [String]
  @OptionGroup var options: ClusterOptions

  func validate() throws {
    guard groups.count >= 2 else { throw ValidationError("Two groups or more must be given, such as: n1 n2,n3") }
  }

  func run() throws {
    let command = FaultCommands(try options.folder())
    let names = groups
    let report = try blocking { () async throws(SupervisorError) in try await command.partition(names) }
    Terminal.print(options.json ? report.json : report.text)
  }
}

struct IsolateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "isolate", abstract: "Cuts one direction: what one process sends does not reach another.",
    discussion: """
      As on a wire that carries one way only, connections between the two are given up after some seconds, because no
      sign of life comes back. Adds to what is cut already, until heal or down.
      Example: gantry cluster isolate --from n1 --to n2
      """)

  @Option(help: ArgumentHelp("Whose messages get lost.", valueName: "name")) var from: String
  @Option(help: ArgumentHelp("Who does not get them.", valueName: "name")) var to: String
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let command = FaultCommands(try options.folder())
    let (sender, receiver) = (from, to)
    let report = try blocking { () async throws(SupervisorError) in
      try await command.isolate(from: sender, to: receiver)
    }
    Terminal.print(options.json ? report.json : report.text)
  }
}

struct HealCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heal", abstract: "Makes every link whole again: ends partitions and one-way cuts.",
    discussion: "Example: gantry cluster heal")

  @OptionGroup var options: ClusterOptions

  func run() throws {
    let command = FaultCommands(try options.folder())
    let report = try blocking { () async throws(SupervisorError) in try await command.heal() }
    Terminal.print(options.json ? report.json : report.text)
  }
}
