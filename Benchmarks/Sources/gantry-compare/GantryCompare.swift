internal import ArgumentParser
internal import Comparison
internal import Glibc

@main
struct GantryCompare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gantry-compare", abstract: "Measures Gantry beside other systems, in turns, with the same keys.",
    subcommands: [EtcdCommand.self, MotoCommand.self, TailCommand.self])
}

struct CommonOptions: ParsableArguments {
  @Option(help: "The gantry binary.") var gantry: String
  @Option(help: "Measured seconds of a case.") var seconds = 60
  @Option(help: "How often everything is measured, in turns.") var rounds = 1
  @Option(help: "Rows that each system holds.") var keys: Int?
  @Option(help: "Clients of the cases with many.") var clients = 64
  @Option(help: "The file that keeps results.") var results: String?

  func validate() throws {
    guard seconds > 0, rounds > 0, clients > 0, keys ?? 1 > 0 else {
      throw ValidationError("seconds, rounds, keys and clients are positive.")
    }
  }

  func comparisons(keys defaultKeys: Int) -> Comparisons {
    Comparisons(
      gantry: gantry, seconds: seconds, loneSeconds: min(seconds, 20), rounds: rounds, keys: keys ?? defaultKeys,
      clients: clients, results: results, interruption: Interruption())
  }
}

struct EtcdCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "etcd", abstract: "Three nodes of Gantry against three members of etcd.")

  @OptionGroup var options: CommonOptions
  @Option(help: "The etcd binary.") var etcd: String

  func run() throws { try options.comparisons(keys: 1_000_000).etcd(executable: etcd) }
}

struct MotoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "moto", abstract: "Gantry against moto's server.")

  @OptionGroup var options: CommonOptions
  @Option(help: "The moto_server script.") var moto: String
  @Option(help: "Its version, for the results.") var version: String

  // moto takes some hundred rows a second.
  func run() throws { try options.comparisons(keys: 1_000).moto(executable: moto, version: version) }
}

struct TailCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tail", abstract: "Gantry's latencies at 70 % of its own peak.")

  @OptionGroup var options: CommonOptions

  func run() throws { try options.comparisons(keys: 1_000_000).tail() }
}
