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
  @Flag(help: "Start neither the topology's sink nor its PostgreSQL.") var noSink = false
  @Option(
    help: ArgumentHelp(
      "Let the topology's sink write to this PostgreSQL instead of one of the cluster's own.", valueName: "url"))
  var postgres: String?
  @Flag(help: "Return when the cluster is up; a supervisor stays in the background.") var detach = false
  @OptionGroup var options: ClusterOptions

  func run() throws {
    if printConfig { return Terminal.print(Topology.printConfig) }
    guard let topology else { throw ValidationError("--topology FILE must be given.") }
    let mirror = try MirrorChoice(noSink: noSink, postgres: postgres)
    let plan = try Topology.load(topology).mirrored(mirror)
    if !detach { SignalLoop.block() }
    let folder = try DataFolder(making: options.data)
    let up = ClusterUp(folder, plan) { Terminal.note($0) }
    if detach {
      try runDetached(up, folder, topology, mirror)
    } else {
      switch try Supervisor.start(folder, plan, publicPort: port) {
      case .alreadyRunning: show(try join(up), folder)
      case .started(let supervisor): try runHere(up, supervisor, folder)
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

  private func show(_ report: UpReport, _ folder: DataFolder) {
    printReport(of: report)
    blocking { () async in await showMirror(of: report, folder) }
  }

  private func showMirror(of report: UpReport, _ folder: DataFolder) async {
    guard !options.json, let mirror = report.mirror else { return }
    await MirrorReport(table: mirror.table, url: mirror.url, folder: folder).show()
  }

  private func runDetached(
    _ up: ClusterUp, _ folder: DataFolder, _ topology: String, _ mirror: MirrorChoice
  ) throws {
    switch try DetachedSupervisor.start(folder, topology: topology, publicPort: port, mirror: mirror) {
    case .alreadyRunning:
      show(try join(up), folder)
    case .started:
      do {
        show(try blocking { () async throws(SupervisorError) in try await up.complete() }, folder)
      } catch {
        up.abandon()
        throw error
      }
    }
  }

  /// The main thread is the supervisor; what follows the start runs beside it and, where it fails, ends it.
  private func runHere(_ up: ClusterUp, _ supervisor: Supervisor, _ folder: DataFolder) throws {
    let completion = Completion()
    Task.detached {
      do throws(SupervisorError) {
        let report = try await up.complete()
        completion.set(.ready)
        printReport(of: report)
        await showMirror(of: report, folder)
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

extension MirrorChoice {
  init(noSink: Bool, postgres: String?) throws {
    guard !noSink || postgres == nil else {
      throw ValidationError("--no-sink and --postgres exclude each other.")
    }
    self = noSink ? .none : postgres.map { .postgres($0) } ?? .asInTopology
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
  @Flag var noSink = false
  @Option var postgres: String?

  func run() throws {
    SignalLoop.block()
    do {
      let plan = try Topology.load(topology).mirrored(try MirrorChoice(noSink: noSink, postgres: postgres))
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
