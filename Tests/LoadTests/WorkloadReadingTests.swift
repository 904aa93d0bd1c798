import Foundation
import Items
import Settings
import Supervisor
import Testing

@testable import Load

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

private func refusal(_ body: () throws(SettingsError) -> Void) -> String? {
  do { try body() } catch { return error.description }
  return nil
}

private func refusal(of text: String, overrides: [String] = []) -> String? {
  refusal { () throws(SettingsError) in _ = try Workload.parse(text, source: "w.yaml", overrides: overrides) }
}

@Suite struct WorkloadReadingTests {
  @Test(arguments: Workload.builtInNames) func builtInTextIsTheFileOfThatName(name: String) throws {
    let file = root.appending(path: "Cluster/workloads/\(name).yaml")
    #expect(try String(contentsOf: file, encoding: .utf8) == BuiltInWorkloads.text(name))
  }

  @Test func everyWorkloadFileIsBuiltIn() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: root.path() + "/Cluster/workloads")
    #expect(files.map { $0.replacing(".yaml", with: "") }.sorted() == Workload.builtInNames)
  }

  @Test(arguments: Workload.builtInNames) func aFileIsWhatItsNameIs(name: String) throws {
    let workload = try Workload.load(name)
    let file = try Workload.load(root.path() + "/Cluster/workloads/\(name).yaml")
    #expect(workload.name == name)
    #expect(workload.content == file.content)
    #expect(workload.kinds == workload.source(seed: 1, thread: 0, threads: 1).kinds)
  }

  @Test func whatIsLeftOutOfAKeyValueWorkloadIsYCSBs() throws {
    let workload = try Workload.parse("kind: key-value\nmix: {read: 1}\n", source: "w.yaml")
    #expect(workload.content == .keyValue(KeyValueSettings([.read: 1])))
  }

  @Test func whatIsLeftOutOfADepartmentIsTheSeeds() throws {
    let workload = try Workload.parse("kind: ris-day\n", source: "w.yaml")
    #expect(workload.content == .risDay(RISDaySettings()))
  }

  @Test(arguments: [
    ("knd: key-value\n", "w.yaml:1: unknown key 'knd'; did you mean 'kind'?"),
    ("records: 3\n", "w.yaml:1: 'kind' is missing: it takes one of key-value, registers, ris-day"),
    ("kind: ycsb\n", "w.yaml:1: 'kind' takes one of key-value, registers, ris-day, but is 'ycsb'"),
    ("kind: key-value\nmix: {read: 1}\nrecord: 3\n", "w.yaml:3: unknown key 'record'; did you mean 'records'?"),
    ("kind: registers\nrecords: 3\n", "w.yaml:2: unknown key 'records'; known are kind, table, keys"),
    ("kind: key-value\n", "w.yaml:1: 'mix' is missing: it takes a group of shares"),
    (
      "kind: key-value\nmix: {read: 0.5, udpate: 0.5}\n", "w.yaml:2: unknown key 'udpate'; did you mean 'update'?"
    ),
    ("kind: key-value\nmix: {read: 0.5}\n", "w.yaml:2: 'mix' must add up to 1, but adds up to 0.5"),
    (
      "kind: key-value\nmix: {read: 1}\ndistribution: zipf\n",
      "w.yaml:3: 'distribution' takes one of uniform, zipfian, latest, but is 'zipf'"
    ),
    ("kind: key-value\nmix: {read: 2}\n", "w.yaml:2: 'read' takes a number from 0.0 to 1.0, but is '2'"),
    ("kind: key-value\nmix: {read: 1}\ntable: a/b\n", "w.yaml:3: 'table' takes 3 to 255 letters, digits"),
    ("kind: key-value\nmix: {read: 1}\nfieldBytes: 50000\n", "w.yaml:3: 'fieldBytes' makes items larger"),
    ("kind: ris-day\nwritesPerMonth: 1000\n", "w.yaml:2: 'writesPerMonth' leaves no room for 500 patients"),
  ])
  func whatAWorkloadCannotSayIsRefusedWithItsLine(text: String, message: String) {
    let given = refusal(of: text)
    #expect(given?.hasPrefix(message) == true, "\(given ?? "accepted")")
  }

  @Test func anUnknownNameListsTheBuiltInOnes() {
    let message = refusal { () throws(SettingsError) in _ = try Workload.load("ycsb-g") }
    #expect(message?.contains("(get, put, registers, ris-day, ycsb-a, ") == true)
    #expect(message?.contains("did you mean 'ycsb-a'?") == true)
  }

  @Test func anAbsentFileIsOneLine() {
    let message = refusal { () throws(SettingsError) in _ = try Workload.load("/nonexistent/w.yaml") }
    #expect(message == "/nonexistent/w.yaml: cannot be read: No such file or directory")
  }

  @Test func overridesGoBeforeTheFileTheLastFirst() throws {
    let workload = try Workload.load("put", overrides: ["records=4", "fieldBytes=64", "records=5", "mix={read: 1}"])
    var expected = KeyValueSettings([.read: 1])
    (expected.table, expected.records, expected.fields, expected.fieldBytes) = ("values", 5, 1, 64)
    (expected.distribution, expected.preload) = (.uniform, false)
    #expect(workload.content == .keyValue(expected))
  }

  @Test(arguments: [
    ("records", "--set records: takes the form key=value"),
    ("recrods=4", "--set recrods=4: unknown key 'recrods'; did you mean 'records'?"),
    ("records=0", "--set records=0: 'records' takes a whole number of records from 1 to 1000000000, but is '0'"),
    ("mix={read: 0.25}", "--set mix={read: 0.25}: 'mix' must add up to 1, but adds up to 0.25"),
    ("mix={raed: 1}", "--set mix={raed: 1}: unknown key 'raed'; did you mean 'read'?"),
    ("kind=registers", "--set kind=registers: unknown key 'kind'"),
  ])
  func anOverrideThatSaysNothingRightIsRefused(override: String, message: String) {
    let given = refusal { () throws(SettingsError) in _ = try Workload.load("ycsb-a", overrides: [override]) }
    #expect(given?.hasPrefix(message) == true, "\(given ?? "accepted")")
  }

  @Test func theDepartmentsTableIsThatOfTheLocalTopology() throws {
    let table = try #require(try Workload.load("ris-day").tables.first)
    let local = try #require(try Topology.load("local").tables.first)
    #expect(table.name == local.name)
    #expect(sorted(try JSONValue(parsing: table.request)) == sorted(try JSONValue(parsing: local.request)))
  }

  /// With the members of every object in the order of their names.
  private func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      .object(
        members.map { JSONValue.Member(name: $0.name, value: sorted($0.value)) }
          .sorted { ByteOrder.precedes($0.name, $1.name) })
    case .array(let elements): .array(elements.map(sorted))
    default: value
    }
  }

  @Test func aSimpleTableHasOneTextKey() throws {
    let table = try #require(try Workload.load("ycsb-a").tables.first)
    let request = try JSONValue(parsing: table.request)
    #expect(table.name == "usertable" && request["TableName"]?.text == "usertable")
    #expect(request["KeySchema"]?[0]?["AttributeName"]?.text == "id")
    #expect(request["AttributeDefinitions"]?[0]?["AttributeType"]?.text == "S")
  }
}
