internal import ArgumentParser
internal import Supervisor

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Checks libraries, ports, memory and disk of this machine; one line each.",
    discussion: """
      Fails where a cluster could not run.
      Example: gantry doctor --data /var/lib/gantry
      """)

  @Option(help: ArgumentHelp("The folder that a cluster would use.", valueName: "dir"))
  var data = ClusterOptions.defaultData
  @Flag(help: "Answer in JSON.") var json = false

  func run() throws {
    let findings = Doctor(dataPath: data).findings()
    Terminal.print(json ? Doctor.json(findings) : Doctor.text(findings))
    if findings.contains(where: { $0.verdict == .failure }) { throw ExitCode(1) }
  }
}
