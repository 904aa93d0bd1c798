internal import Client
internal import Glibc
internal import Load

/// moto's server: one process of Python, in memory.
final class MotoServer: MeasuredSystem {
  private static let upTimeoutMs = 60_000

  let name = "moto"
  private(set) var notes: [String] = []
  private let process: ChildProcess
  private let endpoint: Endpoint

  /// - Parameters:
  ///   - executable: `moto_server` of a virtual environment.
  ///   - folder: holds its output; the caller removes it.
  init(executable: String, version: String, folder: String, _ interruption: Interruption) throws {
    let port = try LocalPorts.pick(1)[0]
    endpoint = Endpoint(host: "127.0.0.1", port: port)
    process = try ChildProcess(executable, ["-H", "127.0.0.1", "-p", "\(port)"], output: "\(folder)/moto.out")
    notes = ["moto \(version): `moto_server`, one process, rows in memory, nothing replicated or synced."]
    do {
      try waitUntilUp(interruption)
    } catch {
      end()
      throw error
    }
  }

  var pids: [Int32] { [process.pid] }

  private func waitUntilUp(_ interruption: Interruption) throws {
    let deadline = ContinuousClock.now + .milliseconds(Self.upTimeoutMs)
    while true {
      try interruption.check()
      do {
        return try DynamoTable.make(at: endpoint)
      } catch {
        guard process.isRunning, ContinuousClock.now < deadline else {
          throw ComparisonError("moto's server does not answer: \(error)")
        }
        usleep(100_000)
      }
    }
  }

  func run(_ settings: LoadSettings, _ verb: Verb, _ space: KeySpace, _ interruption: Interruption) throws -> RunReport
  {
    try follow(
      settings, HTTPWireSettings(endpoints: [endpoint]), ComparisonSource(verb, space, .dynamoDB), interruption,
      by: HTTPWire.self)
  }

  func end() { process.end() }
}
