internal import Items
internal import SampleData

/// What `gantry cluster up` prints at its end.
public struct UpReport: Sendable {
  let description: ClusterDescription
  let topology: Topology
  public let isAlreadyUp: Bool
  let down: [String]

  init(_ description: ClusterDescription, _ topology: Topology, isAlreadyUp: Bool, down: [String] = []) {
    self.description = description
    self.topology = topology
    self.isAlreadyUp = isAlreadyUp
    self.down = down
  }

  /// `cluster.json`, and whether the cluster was up before.
  public var json: String {
    guard case .object(var members) = description.json else { fatalError("A description is an object.") }
    members.append(.init(name: Array("alreadyUp".utf8), value: .bool(isAlreadyUp)))
    return JSONValue.object(members).indented
  }

  /// - Parameters:
  ///   - command: how this program was called.
  ///   - dataFlag: ` --data DIR` where the folder is not the default, else empty.
  ///   - staysInForeground: whether Ctrl-C stops the cluster.
  public func text(command: String, dataFlag: String, staysInForeground: Bool) -> String {
    guard let region = description.regions.first else { fatalError("A cluster has a region.") }
    let nodes = region.processes.filter { $0.role == .node }
    let coordinators = region.processes.count - nodes.count
    let counts = Self.count(nodes.count, "node") + ", " + Self.count(coordinators, "coordinator")
    let state = isAlreadyUp ? "is already up" : "is up"
    var text = "Gantry \(state): \(region.endpoint)  (region \(region.name), \(counts))\n"
    for name in down { text += "\(name) is down; start it with: \(command) cluster start \(name)\(dataFlag)\n" }
    text += Self.clientLines(region)
    if let node = nodes.first {
      text += tryLines(node: node.name, command: command, dataFlag: dataFlag)
    }
    let stop = "\(command) cluster down\(dataFlag)"
    let isHere = staysInForeground && !isAlreadyUp
    text += "\nTo stop:  \(isHere ? "Ctrl-C, or " : "")\(stop)      (with --wipe its data goes too)\n"
    return text
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
    guard let data = topology.sampleData else { return "\nTo look at it:  \(status)\n" }
    let patient = SampleData.patientID(1)
    return """

      Three things to try:
        1. One patient's timeline:
           aws dynamodb query --table-name \(data.table) --key-condition-expression 'PK = :p' \
      --expression-attribute-values '{":p":{"S":"PATIENT#\(patient)"}}'
        2. Every shard, its leader and replicas:
           \(status)
        3. A node dies, the data stays:
           \(command) cluster kill \(node)\(dataFlag)      (then 1. and 2. again, then: \
      \(command) cluster start \(node)\(dataFlag))

      """
  }
}
