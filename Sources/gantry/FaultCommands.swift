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
        gantry cluster partition us-east-1 eu-west-1
      """)

  @Argument(help: .groups) var groups: [String]
  @OptionGroup var options: ClusterOptions

  func validate() throws {
    guard groups.count >= 2 else { throw ValidationError("Two groups or more must be given, such as: n1 n2,n3") }
  }

  func run() throws {
    let command = FaultCommands(try options.folder())
    let names = groups
    try options.report { () async throws(SupervisorError) in try await command.partition(names) }
  }
}

extension ArgumentHelp {
  fileprivate static let groups = ArgumentHelp(
    "Two groups or more: names of processes with commas, or of a region.", valueName: "group")
}

struct IsolateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "isolate", abstract: "Cuts one direction: what some processes send does not reach others.",
    discussion: """
      As on a wire that carries one way only, connections between the two are given up after some seconds, because no
      sign of life comes back. Adds to what is cut already, until heal or down.
      Examples:
        gantry cluster isolate --from n1 --to n2,n3
        gantry cluster isolate --from us-east-1 --to eu-west-1
      """)

  @Option(help: ArgumentHelp("Whose messages get lost: names with commas, or a region's.", valueName: "group"))
  var from: String
  @Option(help: ArgumentHelp("Who does not get them, likewise.", valueName: "group")) var to: String
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let command = FaultCommands(try options.folder())
    let (sender, receiver) = (from, to)
    try options.report { () async throws(SupervisorError) in
      try await command.isolate(from: sender, to: receiver)
    }
  }
}

struct DelayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delay", abstract: "Slows every link between groups of processes.",
    discussion: """
      Each message takes that much longer, each way, so a question and its answer take twice that. Messages stay in
      order, as on one connection, so one that is late holds up those behind it. It lasts, also for processes that start
      later, until heal or down; the same groups again replace it, and --ms 0 also ends a delay of the topology. Links are
      those between nodes, and between a coordinator and the nodes of its region: not what a coordinator passes on to
      another region.
      Examples:
        gantry cluster delay us-east-1 eu-west-1 --ms 50
        gantry cluster delay n1 n2,n3,c1 --ms 20 --jitter 10 --json
      """)

  @Argument(help: .groups) var groups: [String]
  @Option(help: ArgumentHelp("Milliseconds added to each message, each way.", valueName: "n")) var ms: Int
  @Option(help: ArgumentHelp("By how many of them it may differ, both ways.", valueName: "n")) var jitter = 0
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let command = FaultCommands(try options.folder())
    let (names, delay, jitter) = (groups, ms, jitter)
    try options.report { () async throws(SupervisorError) in
      try await command.delay(names, ms: delay, jitterMs: jitter)
    }
  }
}

struct LossCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loss", abstract: "Lets a share of the messages between groups of processes get lost.",
    discussion: """
      Links run over TCP, which repairs the loss of a packet by a delay (see delay). What gets lost here is a whole
      message, which nothing below the two processes repairs: a question, an answer, or all that one turn had to say. It
      is harder than packets lost on a network. It lasts until heal or down; the same groups again replace it, and
      --percent 0 also ends a loss of the topology.
      Examples:
        gantry cluster loss us-east-1 eu-west-1 --percent 2
        gantry cluster loss n1 n2,n3 --percent 0.5 --json
      """)

  @Argument(help: .groups) var groups: [String]
  @Option(help: ArgumentHelp("How many messages get lost, each way.", valueName: "p")) var percent: Double
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let command = FaultCommands(try options.folder())
    let (names, share) = (groups, percent)
    try options.report { () async throws(SupervisorError) in try await command.loss(names, percent: share) }
  }
}

struct ClockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clock", abstract: "Sets the wall clocks of processes off.",
    discussion: """
      Only what they take for the time of day changes, at once and by that much; 0 sets it right. It lasts, also over a
      restart, until then or down; heal does not end it.
      Examples:
        gantry cluster clock eu-west-1 --offset-ms 500
        gantry cluster clock n1,c1 --offset-ms -2000 --json
      """)

  @Argument(help: ArgumentHelp("Processes with commas, or a region.", valueName: "names")) var names: String
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Milliseconds added to the clock; negative: it is behind.", valueName: "n"))
  var offsetMs: Int
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let command = FaultCommands(try options.folder())
    let (names, offset) = (names, offsetMs)
    try options.report { () async throws(SupervisorError) in try await command.clock(names, offsetMs: offset) }
  }
}

struct DiskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disk", abstract: "Makes the disks of nodes full or slow.",
    discussion: """
      On a full disk no file gets longer; what a file has already may be overwritten. On a slow one each sync takes
      longer, which is what a write waits for. It replaces what was wrong with these disks before, and lasts, also over
      a restart, until --whole or down; heal does not end it.
      Examples:
        gantry cluster disk n1 --full
        gantry cluster disk n1,n2 --sync-delay-ms 100
        gantry cluster disk n1,n2 --whole
      """)

  @Argument(help: ArgumentHelp("Nodes with commas.", valueName: "names")) var names: String
  @Flag(help: "No space is left.") var full = false
  @Option(help: ArgumentHelp("By how much each sync takes longer.", valueName: "n")) var syncDelayMs = 0
  @Flag(help: "Nothing is wrong with them any more.") var whole = false
  @OptionGroup var options: ClusterOptions

  func validate() throws {
    guard whole != (full || syncDelayMs > 0) else {
      throw ValidationError("Say --full, --sync-delay-ms, both, or --whole alone.")
    }
  }

  func run() throws {
    let command = FaultCommands(try options.folder())
    let (names, isFull, delay) = (names, full, syncDelayMs)
    try options.report { () async throws(SupervisorError) in
      try await command.disk(names, isFull: isFull, syncDelayMs: delay)
    }
  }
}

struct HealCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heal", abstract: "Makes every link whole again: ends partitions, one-way cuts, delays and losses.",
    discussion: """
      What the topology says of the links between regions stays, and so do clocks that are off and disks that are full or slow.
      Example: gantry cluster heal
      """)

  @OptionGroup var options: ClusterOptions

  func run() throws {
    let command = FaultCommands(try options.folder())
    try options.report { () async throws(SupervisorError) in try await command.heal() }
  }
}
