internal import Items
internal import SampleData

/// What `gantry cluster up` prints at its end.
public struct UpReport: Sendable {
  let description: ClusterDescription
  let topology: Topology
  public let isAlreadyUp: Bool
  let states: [(name: String, state: ProcessState)]

  init(
    _ description: ClusterDescription, _ topology: Topology, isAlreadyUp: Bool,
    states: [(name: String, state: ProcessState)] = []
  ) {
    self.description = description
    self.topology = topology
    self.isAlreadyUp = isAlreadyUp
    self.states = states
  }

  /// `cluster.json`, and whether the cluster was up before.
  public var json: String {
    guard case .object(var members) = description.json else { fatalError("A description is an object.") }
    members.append(.init(name: Array("alreadyUp".utf8), value: .bool(isAlreadyUp)))
    return JSONValue.object(members).indented
  }

  /// The table that a sink mirrors, and where to; nil without one.
  public var mirror: (table: String, url: String)? {
    let sink = description.processes.first { $0.role == .sink }
    guard let url = sink?.postgres, let table = topology.sink?.table else { return nil }
    return (table, url)
  }

  /// - Parameters:
  ///   - command: how this program was called.
  ///   - dataFlag: ` --data DIR` where the folder is not the default, else empty.
  ///   - staysInForeground: whether Ctrl-C stops the cluster.
  public func text(command: String, dataFlag: String, staysInForeground: Bool) -> String {
    guard let region = description.regions.first else { fatalError("A cluster has a region.") }
    let nodes = region.processes.filter { $0.role == .node }
    let state = isAlreadyUp ? "is already up" : "is up"
    var text = "Gantry \(state): \(Self.summary(of: region))\n"
    for other in description.regions.dropFirst() { text += "  and \(Self.summary(of: other))\n" }
    if description.regions.count > 1 {
      text += "Each endpoint serves every region: a request goes to the region that it is signed for.\n"
    }
    text += deviations(command: "\(command) cluster", dataFlag: dataFlag)
    text += Self.clientLines(region)
    if let node = nodes.first {
      text += tryLines(node: node.name, command: command, dataFlag: dataFlag)
    }
    let stop = "\(command) cluster down\(dataFlag)"
    let isHere = staysInForeground && !isAlreadyUp
    text += "\nTo stop:  \(isHere ? "Ctrl-C, or " : "")\(stop)      (with --wipe its data goes too)\n"
    return text
  }

  /// What a cluster that was up before is not like after a start, and the way back.
  private func deviations(command: String, dataFlag: String) -> String {
    var text = ""
    for (name, state) in states {
      switch state {
      case .up: break
      case .down: text += "\(name) is down; start it with: \(command) start \(name)\(dataFlag)\n"
      case .paused: text += "\(name) is paused; let it go on with: \(command) resume \(name)\(dataFlag)\n"
      }
    }
    let faults = description.faults
    if !faults.areLinksWhole {
      text += "Not all links are whole (\(faults.text)); heal them with: \(command) heal\(dataFlag)\n"
    }
    for disk in faults.disks {
      text += "\(disk.text); make it whole with: \(command) disk \(disk.name) --whole\(dataFlag)\n"
    }
    for clock in faults.clocks {
      text += "\(clock.name)'s clock is off; set it with: \(command) clock \(clock.name) --offset-ms 0\(dataFlag)\n"
    }
    return text
  }

  private static func summary(of region: ClusterDescription.Region) -> String {
    let nodes = region.processes.filter { $0.role == .node }
    let coordinators = region.processes.filter { $0.role == .coordinator }
    let counts = count(nodes.count, "node") + ", " + count(coordinators.count, "coordinator")
    let endpoints = coordinators.map { "http://\($0.address)" }.joined(separator: " and ")
    return "\(endpoints)  (region \(region.name), \(counts))"
  }

  private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  private static func clientLines(_ region: ClusterDescription.Region) -> String {
    """

    For AWS clients (any credentials will do):
      export AWS_ENDPOINT_URL=\(region.endpoint) AWS_DEFAULT_REGION=\(region.name)
      export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
    Without one:
      curl -s \(region.endpoint) -H 'X-Amz-Target: DynamoDB_20120810.ListTables' \
    -H 'Content-Type: application/x-amz-json-1.0' -d '{}'

    """
  }

  private func tryLines(node: String, command: String, dataFlag: String) -> String {
    let status = "\(command) cluster status\(dataFlag)"
    let mirror = mirror.map { mirror in
      """
        4. The same patients in PostgreSQL, mirrored change by change:
           psql '\(mirror.url)'

      """
    }
    guard let data = topology.sampleData else { return "\nTo look at it:  \(status)\n" }
    let patient = SampleData.patientID(1)
    return """

      \(mirror == nil ? "Three" : "Four") things to try:
        1. One patient's timeline:
           aws dynamodb query --table-name \(data.table) --key-condition-expression 'PK = :p' \
      --expression-attribute-values '{":p":{"S":"PATIENT#\(patient)"}}'
        2. Every shard, its leader and replicas:
           \(status)
        3. A node dies, the data stays:
           \(command) cluster kill \(node)\(dataFlag)      (then 1. and 2. again, then: \
      \(command) cluster start \(node)\(dataFlag))

      """ + (mirror ?? "")
  }
}
