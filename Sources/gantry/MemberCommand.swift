internal import ArgumentParser
internal import Supervisor

struct AddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Makes a node and moves its share of the replicas to it.",
    discussion: """
      The cluster serves all the while. The node stays, also over down and up. A command that was broken off is given
      again.
      Example: gantry cluster add n4
      """)

  @Argument(help: "The new node's name.") var name: String
  @Option(
    help: ArgumentHelp("Of a topology with several: where the node is to be; else the first.", valueName: "region"))
  var region: String?
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let (name, region) = (name, region)
    try options.change { (command) async throws(SupervisorError) in try await command.add(name, region: region) }
  }
}

struct DrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain", abstract: "Moves every replica off a node, then stops it and takes it out.",
    discussion: """
      Refused where fewer nodes would be left than a shard has replicas, where another node is down, and while another
      change is under way. The node's folder is removed. A command that was broken off is given again.
      Example: gantry cluster drain n2
      """)

  @Argument(help: "A node of the cluster.") var name: String
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let name = name
    try options.change { (command) async throws(SupervisorError) in try await command.drain(name) }
  }
}

struct ReplaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replace", abstract: "Puts a new node in the place of one that is dead or is to go.",
    discussion: """
      Every replica of the old node gets a successor on the new one. The old node's folder is removed at the end. A command
      that was broken off is given again.
      Examples:
        gantry cluster replace n2
        gantry cluster replace n2 --with n5
      """)

  @Argument(help: "A node of the cluster.") var name: String
  @Option(help: ArgumentHelp("The new node's name; else the old one's with the first free number.", valueName: "node"))
  var with: String?
  @OptionGroup var options: ClusterOptions

  func run() throws {
    let (name, replacement) = (name, with)
    try options.change { (command) async throws(SupervisorError) in
      try await command.replace(name, with: replacement)
    }
  }
}

extension ClusterOptions {
  fileprivate func change(
    _ body: @escaping @Sendable (MemberCommands) async throws(SupervisorError) -> MemberCommands.Report
  ) throws {
    let command = MemberCommands(try folder()) { Terminal.note($0) }
    let report = try blocking { () async throws(SupervisorError) in try await body(command) }
    Terminal.print(json ? report.json : report.text)
  }
}
