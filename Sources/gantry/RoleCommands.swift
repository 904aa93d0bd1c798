internal import ArgumentParser
internal import Roles
internal import Settings

struct NodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node", abstract: "Runs one node: replicas of shards, their log and stores.",
    discussion: """
      Examples:
        gantry node --config n1.yaml
        gantry node --print-config
      """)

  @OptionGroup var options: RoleOptions

  func run() throws {
    if options.printConfig { return Terminal.print(NodeSettings.printConfig) }
    let settings = try NodeSettings.load(
      path: try options.path(), insecureListen: options.insecureListen, enableFaults: options.enableFaults)
    options.warn(settings.insecureListen)
    try NodeProcess(settings: settings, faults: try options.faults(settings.enableFaults)).run()
  }
}

struct CoordinatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coordinator", abstract: "Runs one coordinator: the DynamoDB API, routed to the nodes.",
    discussion: """
      Examples:
        gantry coordinator --config c1.yaml
        gantry coordinator --print-config
      """)

  @OptionGroup var options: RoleOptions

  func run() throws {
    if options.printConfig { return Terminal.print(CoordinatorSettings.printConfig) }
    let settings = try CoordinatorSettings.load(
      path: try options.path(), insecureListen: options.insecureListen, enableFaults: options.enableFaults)
    options.warn(settings.insecureListen)
    try CoordinatorProcess(settings: settings, faults: try options.faults(settings.enableFaults)).run()
  }
}

struct RoleOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The process's settings.", valueName: "file")) var config: String?
  @Flag(help: "Print every setting with its default, unit and meaning, and end.") var printConfig = false
  @Flag(help: "Allow listeners that other machines can reach, although nothing authenticates their callers.")
  var insecureListen = false
  @Flag(help: "Allow links to be cut, slowed and thinned on request (POST /faults on the admin port).")
  var enableFaults = false
  @Option(
    help: ArgumentHelp("Faults in force from the start: the body of a POST /faults.", valueName: "json"))
  var faults: String?

  /// - Parameter areEnabled: by the flag or by the settings.
  func faults(_ areEnabled: Bool) throws -> String? {
    guard areEnabled || faults == nil else { throw ValidationError("--faults works only with --enable-faults.") }
    return faults
  }

  func path() throws -> String {
    guard let config else { throw ValidationError("--config FILE must be given.") }
    return config
  }

  func warn(_ isInsecure: Bool) {
    if isInsecure {
      Terminal.note("gantry: warning: listeners may be reached from other machines, and nothing authenticates callers")
    }
  }
}
