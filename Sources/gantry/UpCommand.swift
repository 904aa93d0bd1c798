internal import ArgumentParser
internal import Glibc
internal import Supervisor
internal import Synchronization

struct UpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Starts the processes of a topology; makes its tables and data once.",
    discussion: """
      Prints the endpoint when every shard has a leader and the API answers. Then stays until Ctrl-C and stops its
      processes, or returns (--detach).
      Built-in topologies: \(BuiltInTopologies.names.joined(separator: ", ")).
      Examples:
        gantry cluster up --topology local --detach
        gantry cluster up --topology my.yaml --data /tmp/mine --port 0
        gantry cluster up --print-config
      """)

  @Option(help: ArgumentHelp("A topology file, or the name of a built-in one.", valueName: "file"))
  var topology: String?
  @Flag(help: "Print every key of a topology file with its default, unit and meaning, and end.")
  var printConfig = false
  @Option(
    help: ArgumentHelp(
      "Port of the first coordinator instead of the topology's; 0: free ports. Further ones count up.",
      valueName: "port"))
  var port: Int?
  @Flag(help: "Return when the cluster is up; a supervisor stays in the background.") var detach = false
  @OptionGroup var options: ClusterOptions

  func run() throws {
    if printConfig { return Terminal.print(Topology.printConfig) }
    guard let topology else { throw ValidationError("--topology FILE must be given.") }
    let plan = try Topology.load(topology)
    if !detach { SignalLoop.block() }
    let folder = try DataFolder(making: options.data)
    let up = ClusterUp(folder, plan) { Terminal.note($0) }
    if detach {
      try runDetached(up, folder, topology)
    } else {
      switch try Supervisor.start(folder, plan, publicPort: port) {
      case .alreadyRunning: try printReport(of: join(up))
      case .started(let supervisor): try runHere(up, supervisor)
      }
    }
  }

  private func join(_ up: ClusterUp) throws(SupervisorError) -> UpReport {
    try blocking { () async throws(SupervisorError) in try await up.join() }
  }

  private func printReport(of report: UpReport) {
    let text = report.text(
      command: CommandLine.arguments[0], dataFlag: options.dataFlag, staysInForeground: !detach)
    Terminal.print(options.json ? report.json : text)
  }

  private func runDetached(_ up: ClusterUp, _ folder: DataFolder, _ topology: String) throws {
    switch try DetachedSupervisor.start(folder, topology: topology, publicPort: port) {
    case .alreadyRunning:
      printReport(of: try join(up))
    case .started:
      do {
        printReport(of: try blocking { () async throws(SupervisorError) in try await up.complete() })
      } catch {
        up.abandon()
        throw error
      }
    }
  }

  /// The main thread is the supervisor; what follows the start runs beside it and, where it fails, ends it.
  private func runHere(_ up: ClusterUp, _ supervisor: Supervisor) throws {
    let completion = Completion()
    Task.detached {
      do throws(SupervisorError) {
        let report = try await up.complete()
        completion.set(.ready)
        printReport(of: report)
      } catch {
        completion.set(.failed(error))
        kill(getpid(), SIGTERM)
      }
    }
    supervisor.run()
    switch completion.state {
    case .ready: Terminal.note("stopped")
    case .failed(let error): throw error
    case .starting: throw SupervisorError("stopped before the cluster was ready")
    }
  }
}

/// How far a start in the foreground came.
private final class Completion: Sendable {
  enum State: Sendable {
    case starting, ready
    case failed(SupervisorError)
  }

  private let mutex = Mutex(State.starting)

  var state: State { mutex.withLock { $0 } }

  func set(_ state: State) { mutex.withLock { $0 = state } }
}

/// What `up --detach` starts; not for people.
struct SuperviseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: DetachedSupervisor.subcommand, abstract: "The supervisor behind up --detach.", shouldDisplay: false)

  @Option var data: String
  @Option var topology: String
  @Option var port: Int?

  func run() throws {
    SignalLoop.block()
    do {
      let plan = try Topology.load(topology)
      let folder = try DataFolder(existing: data)
      throw ExitCode(DetachedSupervisor.serve(folder, plan, publicPort: port))
    } catch let code as ExitCode {
      throw code
    } catch {
      DetachedSupervisor.report("\(error)")
      throw ExitCode(1)
    }
  }
}
