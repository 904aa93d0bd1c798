import Client
import Foundation
import Items
import Supervisor
import Testing

/// A cluster of real processes in a temporary folder, driven by the command line under test.
final class TestCluster: Sendable {
  static let binary: String? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["GANTRY_BINARY"]
    let path = named ?? root.path() + "/.build/release/gantry"
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }()

  let data: String

  init() {
    data = FileManager.default.temporaryDirectory.appending(path: "gantry-cluster-\(UUID().uuidString)").path()
  }

  /// Runs `body` with the cluster up, and takes it down whatever happens.
  static func run(topology: String = "bare", _ body: (TestCluster) async throws -> Void) async throws {
    let cluster = TestCluster()
    let result: Result<Void, any Error>
    do {
      try cluster.up(topology)
      result = .success(try await body(cluster))
    } catch {
      result = .failure(error)
    }
    if case .failure = result { print(cluster.logs()) }
    _ = try gantry("cluster", "down", "--wipe", "--data", cluster.data)
    try result.get()
  }

  /// The same with `bare` and, as YAML, other settings of its nodes.
  static func run(nodeSettings: String, _ body: (TestCluster) async throws -> Void) async throws {
    let bare = try #require(BuiltInTopologies.text("bare")).split(separator: "\n")
      .filter { !$0.hasPrefix("nodeSettings:") }.joined(separator: "\n")
    try await run(topologyText: "\(bare)\nnodeSettings: \(nodeSettings)\n", body)
  }

  /// The same with a topology of the test's own.
  static func run(topologyText text: String, _ body: (TestCluster) async throws -> Void) async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "gantry-topology-\(UUID().uuidString).yaml")
    try text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    try await run(topology: file.path(), body)
  }

  /// How a run of the binary ended.
  struct Run {
    var code: Int32
    var output: String
    var errors: String

    var json: JSONValue {
      get throws { try JSONValue(parsing: Array(output.utf8)) }
    }
  }

  /// Output goes through files: a process that stays in the background may not hold a pipe of the test open.
  static func gantry(_ arguments: String...) throws -> Run { try gantry(arguments) }

  static func gantry(_ arguments: [String]) throws -> Run {
    let process = Process()
    process.executableURL = URL(filePath: try #require(binary))
    process.arguments = arguments
    let folder = FileManager.default.temporaryDirectory.appending(path: "gantry-run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["output", "errors"].map { folder.appending(path: $0) }
    for file in files { try Data().write(to: file) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    let deadline = ContinuousClock.now + .seconds(180)
    while process.isRunning {
      guard ContinuousClock.now < deadline else {
        kill(process.processIdentifier, SIGKILL)
        throw Failure(text: "gantry \(arguments.joined(separator: " ")) does not end")
      }
      usleep(2_000)
    }
    let texts = try files.map { try String(contentsOf: $0, encoding: .utf8) }
    return Run(code: process.terminationStatus, output: texts[0], errors: texts[1])
  }

  /// A cluster command for this cluster's folder.
  func cluster(_ arguments: String...) throws -> Run { try Self.gantry(["cluster"] + arguments + ["--data", data]) }

  func up(_ topology: String = "bare") throws {
    let run = try cluster("up", "--topology", topology, "--port", "0", "--detach", "--json")
    try #require(run.code == 0, "\(run.errors)")
  }

  func description() throws -> JSONValue {
    try JSONValue(parsing: Array(Data(contentsOf: URL(filePath: data + "/cluster.json"))))
  }

  func endpoint() throws -> Endpoint {
    let text = try #require(try description()["regions"]?[0]?["endpoint"]?.text)
    return try #require(Endpoint(text))
  }

  private func process(_ name: String) throws -> JSONValue {
    try #require(try all().first { $0["name"]?.text == name })
  }

  /// The processes of all regions.
  private func all() throws -> [JSONValue] {
    (try description()["regions"]?.elements ?? []).flatMap(Self.all)
  }

  /// A coordinator's own endpoint.
  func endpoint(of name: String) throws -> Endpoint {
    let text = try #require(try process(name)["address"]?.text)
    return try #require(Endpoint(text))
  }

  func admin(of name: String) throws -> Endpoint {
    let text = try #require(try process(name)["admin"]?.text)
    return try #require(Endpoint(text))
  }

  /// The value of the sample whose line starts with `prefix` on a process's `/metrics`.
  func metric(_ prefix: String, of name: String, _ http: HTTPClient) async throws -> Double {
    let page = String(decoding: try await http.get("/metrics", from: try admin(of: name)).body, as: UTF8.self)
    let line = try #require(page.split(separator: "\n").first { $0.hasPrefix(prefix) })
    return try #require(Double(line.dropFirst(prefix.count).trimmingPrefix(" ")))
  }

  /// Whether a text stands anywhere in the files of a process, its log and its store included.
  func holds(_ text: String, under process: String) throws -> Bool {
    let wanted = Data(text.utf8)
    let files = FileManager.default.enumerator(atPath: data + "/" + process)
    while let name = files?.nextObject() as? String {
      guard let bytes = FileManager.default.contents(atPath: "\(data)/\(process)/\(name)") else { continue }
      if bytes.range(of: wanted) != nil { return true }
    }
    return false
  }

  private static func all(_ region: JSONValue?) -> [JSONValue] {
    let mirror = [region?["postgres"], region?["sink"]].compactMap { $0 }.filter { $0 != .null }
    return (region?["nodes"]?.elements ?? []) + (region?["coordinators"]?.elements ?? []) + mirror
  }

  /// Process ids by name; those that are down are missing.
  func processes() throws -> [String: Int32] {
    Dictionary(
      uniqueKeysWithValues: try all().compactMap { process in
        process["pid"]?.integer.flatMap { pid in process["name"]?.text.map { ($0, Int32(pid)) } }
      })
  }

  func status(_ flags: String...) throws -> JSONValue {
    let run = try Self.gantry(["cluster", "status", "--json", "--data", data] + flags)
    guard run.code == 0 else { throw Failure(text: "status: \(run.errors)\(run.output)") }
    return try run.json
  }

  /// Waits until every shard has a leader and three healthy voters.
  func waitUntilHealthy(seconds: Int = 60) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      let status = try status()
      let shards = status["shards"]?.elements ?? []
      let isHealthy = shards.allSatisfy { shard in
        let replicas = shard["replicas"]?.elements ?? []
        return shard["leader"]?.text != nil && replicas.count == 3
          && replicas.allSatisfy { $0["healthy"]?.bool == true && $0["role"]?.text != "learner" }
      }
      if !shards.isEmpty && isHealthy { return }
      guard ContinuousClock.now < deadline else {
        throw Failure(text: "not healthy in \(seconds) s: \(Self.text(status))")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Waits until every replica is whole and has applied as much as the others. Nobody may be writing.
  func waitUntilEqual(seconds: Int = 60) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    try await waitUntilHealthy(seconds: seconds)
    while true {
      let shards = try status()["shards"]?.elements ?? []
      let isEqual = shards.allSatisfy { shard in
        let replicas = shard["replicas"]?.elements ?? []
        return replicas.allSatisfy { $0["healthy"]?.bool == true && $0["role"]?.text != "learner" }
          && Set(replicas.map { $0["appliedIndex"]?.integer }).count == 1
      }
      if isEqual { return }
      guard ContinuousClock.now < deadline else {
        throw Failure(text: "not equal in \(seconds) s: \(shards.map(Self.text))")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private static func text(_ json: JSONValue) -> String {
    var writer = JSONWriter()
    writer.value(json)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// A number on a node's `/status`.
  func count(_ name: StaticString, of node: String, _ http: HTTPClient) async throws -> Int {
    let page = try JSONValue(parsing: try await http.get("/status", from: try admin(of: node)).body)
    return try #require(page[name]?.integer)
  }

  /// Waits until a process's log has a text so many times.
  func waitForLog(_ text: String, of name: String, times: Int, seconds: Int = 60) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try String(contentsOfFile: "\(data)/\(name)/log", encoding: .utf8).ranges(of: text).count < times {
      guard ContinuousClock.now < deadline else { throw Failure(text: "\(name) never logged '\(text)'") }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// The last lines of every log, for a failed test.
  func logs() -> String {
    let names = (try? all().compactMap { $0["name"]?.text }) ?? []
    return (["supervisor"] + names).map { name in
      let path = name == "supervisor" ? data + "/supervisor.log" : "\(data)/\(name)/log"
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      return "== \(name)\n" + text.split(separator: "\n").suffix(20).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  static func isAlive(_ pid: Int32) -> Bool {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    return !text.isEmpty && !text.contains(") Z ")
  }
}

struct Failure: Error, CustomStringConvertible {
  var text: String
  var description: String { text }
}

/// Requests and answers of the API as JSON texts.
enum Requests {
  static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  static func createTable(_ name: String) -> [UInt8] {
    bytes(
      #"{"TableName":"\#(name)","BillingMode":"PAY_PER_REQUEST","#
        + #""AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"#
        + #""KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}"#)
  }

  static func put(_ table: String, id: String, value: String) -> [UInt8] {
    bytes(#"{"TableName":"\#(table)","Item":{"id":{"S":"\#(id)"},"value":{"S":"\#(value)"}}}"#)
  }

  static func get(_ table: String, id: String) -> [UInt8] {
    bytes(#"{"TableName":"\#(table)","Key":{"id":{"S":"\#(id)"}},"ConsistentRead":true}"#)
  }

  static func batchPut(_ table: String, ids: [String], value: String) -> [UInt8] {
    let puts = ids.map { #"{"PutRequest":{"Item":{"id":{"S":"\#($0)"},"value":{"S":"\#(value)"}}}}"# }
    return bytes(#"{"RequestItems":{"\#(table)":[\#(puts.joined(separator: ","))]}}"#)
  }

  static func batchGet(_ table: String, ids: [String]) -> [UInt8] {
    let keys = ids.map { #"{"id":{"S":"\#($0)"}}"# }.joined(separator: ",")
    return bytes(#"{"RequestItems":{"\#(table)":{"ConsistentRead":true,"Keys":[\#(keys)]}}}"#)
  }
}
