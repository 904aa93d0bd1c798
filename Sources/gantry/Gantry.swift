internal import ArgumentParser
internal import Drills
internal import Glibc
internal import Load
internal import Settings
internal import Supervisor

struct Gantry: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "gantry",
    abstract: "A DynamoDB-compatible cluster that runs on one machine or many.",
    discussion: """
      Start a cluster of three nodes with a radiology department's sample data, look at it, and stop it:
        gantry cluster up --topology local --detach
        gantry cluster status
        gantry cluster down

      Load it:
        gantry load --workload ycsb-a --clients 64 --duration 10s

      Break it, and see what its clients notice:
        gantry drill leader-kill

      Mirror a table to PostgreSQL:
        gantry sink --endpoint http://127.0.0.1:8000 --table ris-patient-tracking --postgres URL --mapping ris
      """,
    version: version,
    subcommands: [
      ClusterCommand.self, LoadCommand.self, DrillCommand.self, SimulateCommand.self, NodeCommand.self,
      CoordinatorCommand.self, SinkCommand.self, DoctorCommand.self,
    ])
}

/// Exit codes: 0 success, 1 failure, 2 wrong usage, 99 a missed expectation.
@main
enum Main {
  static func main() {
    do {
      var command = try Gantry.parseAsRoot()
      try command.run()
    } catch {
      exit(report(error))
    }
  }

  /// Says what went wrong in one line and returns the exit code.
  private static func report(_ error: any Error) -> Int32 {
    switch error {
    case let error as SupervisorError:
      Terminal.fail(error.message)
      return error.exitCode
    case let error as DrillError:
      Terminal.fail(error.description)
      return 1
    case let error as LoadError:
      Terminal.fail(error.description)
      return 1
    case let error as SettingsError:
      Terminal.fail(error.description)
      return 1
    case let code as ExitCode:
      return code.rawValue
    default:
      return reportParsing(error)
    }
  }

  private static func reportParsing(_ error: any Error) -> Int32 {
    let message = Gantry.fullMessage(for: error)
    switch Gantry.exitCode(for: error) {
    case .success:
      Terminal.print(message)
      return 0
    case .validationFailure:
      Terminal.note(message)
      return 2
    default:
      Terminal.fail("\(error)")
      return 1
    }
  }
}
