import Settings
import Testing

private let cluster = "0123456789abcdef0123456789abcdef"
private let peers = (1...3).map { NodeAddress(name: "n\($0)", node: UInt32($0), address: "127.0.0.1:\(9000 + $0)") }

private func node() -> NodeSettings {
  NodeSettings(
    cluster: cluster, region: "us-east-1", name: "n1", node: 1, listen: "127.0.0.1:9001", admin: "127.0.0.1:9101",
    data: "/data/n1: \"odd\" \\ name", peers: peers)
}

private func refusal(_ body: () throws(SettingsError) -> Void) -> String? {
  do { try body() } catch { return error.description }
  return nil
}

@Suite struct NodeSettingsTests {
  @Test func whatIsWrittenReadsBack() throws {
    let path = try temporary(node().yaml())
    #expect(try NodeSettings.load(path: path) == node())
    var changed = node()
    changed.founders = [1, 2, 3, 4]
    changed.tuning.heartbeatMs = 40
    changed.tuning.balanceLeaders = false
    changed.tuning.scrubIntervalMs = 0
    #expect(try NodeSettings.load(path: try temporary(changed.yaml())) == changed)
  }

  @Test func everyKeyThatWasChangedIsWritten() throws {
    let lines = NodeTuning.keys.map { key in
      let standard = key.defaultText ?? ""
      return "\(key.name): \(Int(standard).map { "\($0 + 1)" } ?? (standard == "true" ? "false" : "true"))\n"
    }
    let settings = try NodeSettings.load(path: try temporary(node().yaml() + lines.joined()))
    for line in lines { #expect(settings.yaml().contains(line)) }
    #expect(try NodeSettings.load(path: try temporary(settings.yaml())) == settings)
  }

  /// A binary that went one step back is strict too.
  @Test func whatNobodyAskedForIsNotWritten() {
    let text = node().yaml()
    for key in NodeTuning.keys.map(\.name) + ["founders", "residency", "residencyKeyFile"] {
      #expect(!text.contains("\(key):"))
    }
  }

  @Test func unknownKeyNamesTheNearestWithFileAndLine() throws {
    let path = try temporary("heartbeatMS: 60\n" + node().yaml())
    #expect(
      refusal { () throws(SettingsError) in _ = try NodeSettings.load(path: path) }
        == "\(path):1: unknown key 'heartbeatMS'; did you mean 'heartbeatMs'?")
  }

  @Test func wrongTypeSaysKeyExpectationAndUnit() throws {
    let path = try temporary(node().yaml() + "heartbeatMs: 60ms\n")
    let message = refusal { () throws(SettingsError) in _ = try NodeSettings.load(path: path) }
    #expect(
      message?.hasSuffix("'heartbeatMs' takes a whole number of milliseconds from 5 to 10000, but is '60ms'") == true)
  }

  @Test func missingKeyIsNamed() throws {
    let path = try temporary("cluster: \(cluster)\n")
    let message = refusal { () throws(SettingsError) in _ = try NodeSettings.load(path: path) }
    #expect(message == "\(path):1: 'region' is missing: it takes a region name")
  }

  @Test func aKeyGivenTwiceIsRefused() throws {
    let path = try temporary(node().yaml() + "shards: 7\n")
    let message = refusal { () throws(SettingsError) in _ = try NodeSettings.load(path: path) }
    #expect(message?.contains("given twice") == true)
  }

  @Test func brokenYAMLNamesTheLine() throws {
    let path = try temporary("cluster: [\nregion: {\n")
    let message = refusal { () throws(SettingsError) in _ = try NodeSettings.load(path: path) }
    #expect(message?.contains("is no YAML") == true)
  }

  @Test func anEmptyFileSaysWhatItMustGive() throws {
    let path = try temporary("# nothing\n")
    let message = refusal { () throws(SettingsError) in _ = try NodeSettings.load(path: path) }
    #expect(message?.contains("it must give cluster, region, name, node, listen") == true)
  }

  @Test func anAbsentFileIsOneLine() {
    let message = refusal { () throws(SettingsError) in _ = try NodeSettings.load(path: "/nonexistent/x.yaml") }
    #expect(message == "/nonexistent/x.yaml: cannot be read: No such file or directory")
  }

  @Test(arguments: [
    ("listen: \"127.0.0.1:9001\"", "listen: 0.0.0.0:9001", "which other machines can reach"),
    ("admin: \"127.0.0.1:9101\"", "admin: 10.0.0.1:9001", "which other machines can reach"),
    ("listen: \"127.0.0.1:9001\"", "listen: 127.0.0.1", "'listen' takes host:port"),
    ("replication: 3", "replication: 5", "there are only 3 nodes"),
    ("replication: 3", "replication: 2", "an even number"),
    ("shards: 6", "shards: 6\nelectionMinMs: 100", "three heartbeats"),
    ("shards: 6", "shards: 6\nelectionMaxMs: 310", "votes split"),
    ("cluster: \"\(cluster)\"", "cluster: xyz", "32 lower-case hexadecimal digits"),
    ("\nnode: 1", "\nnode: 2", "must list this node itself"),
    ("\nname: \"n1\"", "\nname: N 1", "lower-case letters"),
    ("admin: \"127.0.0.1:9101\"", "admin: 127.0.0.1:9001", "are both"),
    ("\"127.0.0.1:9002\"", "\"127.0.0.1:9001\"", "share a name, number or address"),
  ])
  func badCombinationsAreRefused(line: String, changed: String, part: String) throws {
    let text = node().yaml().replacing(line, with: changed)
    #expect(text != node().yaml())
    let path = try temporary(text)
    let message = refusal { () throws(SettingsError) in _ = try NodeSettings.load(path: path) }
    #expect(message?.contains(part) == true, "\(message ?? "accepted")")
  }

  @Test func insecureListenAllowsOtherInterfaces() throws {
    var settings = node()
    settings.listen = "0.0.0.0:9001"
    let path = try temporary(settings.yaml())
    #expect(try NodeSettings.load(path: path, insecureListen: true).insecureListen)
  }

  @Test func printedConfigNamesEveryKeyWithItsDefault() {
    for key in NodeSettings.keys {
      let line = "\n\(key.defaultText == nil ? "# " : "")\(key.name): "
      #expect(NodeSettings.printConfig.contains(line))
    }
    #expect(NodeSettings.printConfig.contains("milliseconds"))
  }
}

@Suite struct CoordinatorSettingsTests {
  @Test func whatIsWrittenReadsBack() throws {
    let settings = CoordinatorSettings(
      cluster: cluster, region: "us-east-1", name: "c1", listen: "127.0.0.1:8000", admin: "127.0.0.1:9100",
      nodes: peers,
      regions: [
        RegionEndpoints(name: "us-east-1", endpoints: ["127.0.0.1:8000"]),
        RegionEndpoints(name: "eu-west-1", endpoints: ["127.0.0.1:8001", "localhost:8002"]),
      ], enableFaults: true, corsOrigins: ["http://localhost:3000"], allowedHosts: ["ris.example"],
      logFormat: .json)
    let path = try temporary(settings.yaml())
    #expect(try CoordinatorSettings.load(path: path) == settings)
  }

  @Test(arguments: [("*", true), ("https://a.example", true), ("a.example", false), ("*.example", false)])
  func originsAreWholeOrAll(origin: String, isTaken: Bool) throws {
    let settings = CoordinatorSettings(
      cluster: cluster, region: "us-east-1", name: "c1", listen: "127.0.0.1:8000", admin: "127.0.0.1:9100",
      nodes: peers, corsOrigins: [origin])
    let refused = (try? settings.validate(file: "x")) == nil
    #expect(refused != isTaken)
  }

  @Test(arguments: [
    ("eu-west-1", "us-east-1", "two regions named"), ("eu-west-1", "EU", "has a region 'EU'"),
    ("127.0.0.1:8001", "8001", "the endpoints of eu-west-1 take host:port"),
    ("region: \"us-east-1\"", "region: ap-south-1", "must list this process's own region, ap-south-1"),
  ])
  func regionsThatCannotBeAreRefused(part: String, changed: String, message: String) throws {
    let settings = CoordinatorSettings(
      cluster: cluster, region: "us-east-1", name: "c1", listen: "127.0.0.1:8000", admin: "127.0.0.1:9100",
      nodes: peers,
      regions: [
        RegionEndpoints(name: "us-east-1", endpoints: ["127.0.0.1:8000"]),
        RegionEndpoints(name: "eu-west-1", endpoints: ["127.0.0.1:8001"]),
      ])
    let path = try temporary(settings.yaml().replacing(part, with: changed))
    let refused = refusal { () throws(SettingsError) in _ = try CoordinatorSettings.load(path: path) }
    #expect(refused?.contains(message) == true, "\(refused ?? "accepted")")
  }

  @Test func everyDefaultIsTheOneOfTheInitializer() throws {
    let text = """
      {cluster: \(cluster), region: r, name: c1, listen: 'localhost:1', admin: 'localhost:2',
       nodes: [{name: n1, node: 1, address: 'localhost:3'}]}
      """
    let path = try temporary(text)
    let expected = CoordinatorSettings(
      cluster: cluster, region: "r", name: "c1", listen: "localhost:1", admin: "localhost:2",
      nodes: [NodeAddress(name: "n1", node: 1, address: "localhost:3")])
    #expect(try CoordinatorSettings.load(path: path) == expected)
  }
}

@Suite struct HostPortTests {
  @Test(arguments: [
    ("127.0.0.1:80", true), ("127.9.9.9:1", true), ("localhost:1", true), ("[::1]:1", true), ("0.0.0.0:1", false),
    ("127.0.0.1.example.com:1", false), ("[::]:1", false), ("192.168.1.2:8000", false),
  ])
  func loopbackIsToldFromTheRest(text: String, isLoopback: Bool) throws {
    let address = try #require(HostPort(text))
    #expect(address.isLoopback == isLoopback)
    #expect(address.description == text)
  }

  @Test(arguments: ["", "host", "host:", ":1", "host:65536", "::1:80", "host:-1"])
  func malformedAddressesAreRefused(text: String) {
    #expect(HostPort(text) == nil)
  }
}

@Suite struct SettingsSectionTests {
  private let keys = [
    SettingKey("share", .decimal(unit: "", 0...1), default: "0.5", "A share."),
    SettingKey("name", .text("a name"), default: "none", "A name."),
  ]

  @Test(arguments: [("share: 0.25\n", 0.25), ("share: 1\n", 1), ("name: x\n", 0.5)])
  func aNumberMayHaveDecimals(text: String, value: Double) throws {
    #expect(try SettingsSection.parse(text, file: "f", keys: keys).decimal("share") == value)
  }

  @Test(arguments: ["1.5", "nan", "-0.1", "half", "\"0.5\""]) func otherThingsAreNoNumberOfTheRange(value: String)
    throws
  {
    let section = try SettingsSection.parse("name: x\nshare: \(value)\n", file: "f", keys: keys)
    let message = refusal { () throws(SettingsError) in _ = try section.decimal("share") }
    #expect(message?.hasPrefix("f:2: 'share' takes a number from 0.0 to 1.0, but is ") == true, "\(message ?? "taken")")
  }

  @Test func whatALaterTextGivesReplacesTheFilesAndIsBlamedOnThatText() throws {
    let file = try SettingsSection.parse("share: 0.25\nname: x\n", file: "f", keys: keys)
    let later = try SettingsSection.parse("share: 2\n", file: "g", keys: keys)
    let both = file.replaced(by: later)
    #expect(try both.text("name") == "x")
    let message = refusal { () throws(SettingsError) in _ = try both.decimal("share") }
    #expect(message?.hasPrefix("g:1: ") == true)
    #expect(both.refusal(of: "name", "is odd").description == "f:2: 'name' is odd")
  }
}
