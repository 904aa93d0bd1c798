/// What a connection is for. Separate connections, so that bulk never delays a heartbeat. Raw values are on the wire.
public enum TransportClass: UInt8, Sendable, CaseIterable {
  case consensus = 1
  case operations = 2
  case bulk = 3

  public var name: String {
    switch self {
    case .consensus: "consensus"
    case .operations: "operations"
    case .bulk: "bulk"
    }
  }

  var path: String { "/gantry/\(name)" }

  init?(path: String) {
    guard let match = Self.allCases.first(where: { $0.path == path }) else { return nil }
    self = match
  }
}

/// Who speaks: exchanged as header fields before the first frame.
public struct Handshake: Hashable, Sendable {
  /// The cluster's id; empty for a process that belongs to none yet, which may talk to every cluster.
  public var cluster: String
  /// The process's name in the topology.
  public var process: String
  public var role: String
  /// Raised at each start of the process.
  public var incarnation: UInt64
  /// Random at each start of a process: tells apart two that have an equal incarnation.
  public var start: UInt64
  /// The newest that the process speaks.
  public var protocolVersion: UInt16
  /// The oldest.
  public var oldestProtocolVersion: UInt16

  /// The ``start`` of this process.
  public static let ownStart = UInt64.random(in: .min ... .max)

  /// Traps unless the names are visible ASCII of at most 255 bytes (only `cluster` may be empty).
  public init(
    cluster: String, process: String, role: String, incarnation: UInt64, start: UInt64 = ownStart,
    protocolVersion: UInt16 = TransportLimits.protocolVersion,
    oldestProtocolVersion: UInt16 = TransportLimits.oldestProtocolVersion
  ) {
    guard cluster.isEmpty || Self.isName(cluster), Self.isName(process), Self.isName(role) else {
      fatalError("A handshake's names are visible ASCII of at most \(TransportLimits.nameBytesMax) bytes.")
    }
    self.cluster = cluster
    self.process = process
    self.role = role
    self.incarnation = incarnation
    self.start = start
    self.protocolVersion = protocolVersion
    self.oldestProtocolVersion = min(oldestProtocolVersion, protocolVersion)
  }

  /// Whether a text can stand in a handshake: 1 to 255 bytes of visible ASCII.
  public static func isName(_ text: String) -> Bool {
    (1...TransportLimits.nameBytesMax).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// Why the two cannot talk; nil where they can.
  func conflict(with other: Handshake) -> (status: Int, reason: String)? {
    if commonProtocolVersion(with: other) == nil {
      let versions = "protocol version \(other.protocolVersions) is not \(protocolVersions)"
      return (HandshakeStatus.protocolVersion, "\(versions): run releases of gantry that are at most one apart")
    }
    if !cluster.isEmpty, !other.cluster.isEmpty, cluster != other.cluster {
      return (HandshakeStatus.cluster, "cluster \(other.cluster) is not \(cluster)")
    }
    return nil
  }
}

extension Handshake {
  /// The newest version that both speak, so that the processes of a cluster can be upgraded one by one; nil where there
  /// is none.
  public func commonProtocolVersion(with other: Handshake) -> UInt16? {
    let newest = min(protocolVersion, other.protocolVersion)
    return newest >= max(oldestProtocolVersion, other.oldestProtocolVersion) ? newest : nil
  }

  private var protocolVersions: String {
    oldestProtocolVersion == protocolVersion
      ? "\(protocolVersion)" : "\(oldestProtocolVersion) to \(protocolVersion)"
  }

  private enum Field {
    static let cluster = "gantry-cluster"
    static let process = "gantry-process"
    static let role = "gantry-role"
    static let incarnation = "gantry-incarnation"
    static let start = "gantry-start"
    static let version = "gantry-protocol"
    static let oldestVersion = "gantry-protocol-oldest"
  }

  var fields: [HeaderField] {
    [
      HeaderField(Field.version, "\(protocolVersion)"),
      HeaderField(Field.oldestVersion, "\(oldestProtocolVersion)"),
      HeaderField(Field.cluster, cluster),
      HeaderField(Field.process, process),
      HeaderField(Field.role, role),
      HeaderField(Field.incarnation, "\(incarnation)"),
      HeaderField(Field.start, "\(start)"),
    ]
  }

  /// Nil where a field is missing or malformed. A release that speaks one version alone names no oldest one.
  init?(_ headers: HeaderBlock) {
    guard let version = headers[Field.version].flatMap({ UInt16($0) }),
      let cluster = headers[Field.cluster], cluster.isEmpty || Self.isName(cluster),
      let process = headers[Field.process], Self.isName(process),
      let role = headers[Field.role], Self.isName(role),
      let incarnation = headers[Field.incarnation].flatMap({ UInt64($0) }),
      let start = headers[Field.start].flatMap({ UInt64($0) })
    else { return nil }
    let oldest = headers[Field.oldestVersion].map { UInt16($0) } ?? version
    guard let oldest, oldest <= version else { return nil }
    self.init(
      cluster: cluster, process: process, role: role, incarnation: incarnation, start: start,
      protocolVersion: version, oldestProtocolVersion: oldest)
  }
}
