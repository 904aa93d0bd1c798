/// How a process writes its log.
public enum LogFormat: String, Sendable, CaseIterable {
  case text, json
}

/// The least severe messages that are logged; the names are those of swift-log.
public enum LogLevel: String, Sendable, CaseIterable {
  case trace, debug, info, notice, warning, error, critical
}

/// Where a node is reached by the other processes of its cluster.
public struct NodeAddress: Hashable, Sendable {
  public var name: String
  /// The node's number in the cluster, from 1.
  public var node: UInt32
  /// `host:port` of its internal HTTP/2 listener.
  public var address: String

  public init(name: String, node: UInt32, address: String) {
    self.name = name
    self.node = node
    self.address = address
  }

  static let keys = [
    SettingKey("name", .text("a name"), "The node's name in the topology."),
    SettingKey("node", .integer(unit: "", 1...65_535), "The node's number in the cluster."),
    SettingKey("address", .text("host:port"), "Its internal HTTP/2 address."),
  ]

  init(_ section: SettingsSection) throws(SettingsError) {
    self.init(
      name: try section.text("name"), node: UInt32(try section.integer("node")), address: try section.text("address"))
  }

  var yaml: String { "  - \(flow)\n" }

  var flow: String {
    "{name: \(SettingsValue.quoted(name)), node: \(node), address: \(SettingsValue.quoted(address))}"
  }
}

/// Keys and checks that nodes and coordinators share.
enum CommonSettings {
  static let identity = [
    SettingKey("cluster", .text("32 hexadecimal digits"), "The cluster's id; processes of another one are refused."),
    SettingKey("region", .text("a region name"), "The region that this process serves, e.g. us-east-1."),
    SettingKey("name", .text("a name"), "The process's name in the topology; logs and status show it."),
  ]
  static let admin = SettingKey(
    "admin", .text("host:port"), "HTTP/1.1 listener for /healthz, /readyz, /metrics and /status.")
  static let enableFaults = SettingKey(
    "enableFaults", .flag, default: "false", "Allows links to be cut, slowed and thinned on request; for drills.")
  static let insecureListen = SettingKey(
    "insecureListen", .flag, default: "false",
    "Allows listeners off loopback although nothing authenticates their callers.")
  static let logging = [
    SettingKey(
      "logFormat", .choice(LogFormat.allCases.map(\.rawValue)), default: "text",
      "Lines for people (text) or one JSON object a line (json)."),
    SettingKey(
      "logLevel", .choice(LogLevel.allCases.map(\.rawValue)), default: "info", "The least severe messages written."),
  ]

  static func checkCluster(_ cluster: String, file: String) throws(SettingsError) {
    guard cluster.utf8.count == 32, cluster.allSatisfy({ "0123456789abcdef".contains($0) }) else {
      throw SettingsError(file: file, "'cluster' takes 32 lower-case hexadecimal digits, but is '\(cluster)'")
    }
  }

  static func checkName(_ name: String, file: String) throws(SettingsError) {
    guard ProcessName.isValid(name) else {
      throw SettingsError(file: file, "'name' takes \(ProcessName.form), but is '\(name)'")
    }
  }

  static func checkListener(_ key: String, _ text: String, insecure: Bool, file: String) throws(SettingsError) {
    guard let address = HostPort(text) else {
      throw SettingsError(file: file, "'\(key)' takes host:port, but is '\(text)'")
    }
    guard address.isLoopback || insecure else {
      throw SettingsError(
        file: file,
        "'\(key)' is \(text), which other machines can reach, and nothing authenticates its callers; "
          + "listen on 127.0.0.1, or allow it with insecureListen: true (or --insecure-listen)")
    }
  }

  /// Names, numbers and addresses must each be unique.
  static func checkNodes(_ key: String, _ nodes: [NodeAddress], file: String) throws(SettingsError) {
    guard !nodes.isEmpty else { throw SettingsError(file: file, "'\(key)' lists no node") }
    for (index, node) in nodes.enumerated() {
      guard HostPort(node.address) != nil else {
        throw SettingsError(
          file: file, "'\(key)': the address of \(node.name) takes host:port, but is '\(node.address)'")
      }
      for other in nodes[..<index]
      where other.name == node.name || other.node == node.node || other.address == node.address {
        throw SettingsError(file: file, "'\(key)': \(other.name) and \(node.name) share a name, number or address")
      }
    }
  }
}

/// What a process of a topology may be called: its name is also a folder.
public enum ProcessName {
  public static let form = "1 to 32 lower-case letters, digits or hyphens, starting with a letter"

  public static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, (1...32).contains(name.utf8.count) else { return false }
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    return letters.contains(first)
      && name.utf8.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "-") }
  }
}
