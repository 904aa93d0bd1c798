internal import ArgumentParser
internal import Client
internal import Load
internal import Settings

/// What is loaded, and with what.
struct LoadTarget: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the API is; several with commas between them: clients are spread over them, and go on at the next one when "
        + "one fails. REGION=URL names the region that requests to it are signed for: clients begin at the first region "
        + "named, and go on at others when it fails.", valueName: "[region=]url"))
  var endpoint = "http://127.0.0.1:8000"
  @Option(help: ArgumentHelp("A built-in workload, or the path of a file.", valueName: "name|file"))
  var workload: String?
  @Option(
    name: .customLong("set"), help: ArgumentHelp("Goes before what the workload's file says.", valueName: "key=value"))
  var overrides: [String] = []
  @Option(help: ArgumentHelp("The same seed makes the same operations.", valueName: "number")) var seed: UInt64 = 1
  @Option(help: ArgumentHelp("Default: AWS_REGION, AWS_DEFAULT_REGION, us-east-1.", valueName: "name"))
  var region: String?
  @Flag(help: "Sign every request with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.")
  var sign = false
  @Flag(help: "Ask for the consumed capacity and sum it up.") var capacity = false
  @Flag(help: "Take tables and rows as they are.") var noPrepare = false
  @Flag(help: "Make the tables and rows, and end.") var prepareOnly = false

  func validate() throws {
    if noPrepare && prepareOnly { throw ValidationError("--no-prepare and --prepare-only leave nothing to do.") }
  }

  func wire() throws -> HTTPWireSettings {
    var wire = HTTPWireSettings(
      targets: try RegionalEndpoint.list(endpoint, region: regionName), credentials: try credentials())
    wire.asksForCapacity = capacity
    return wire
  }

  private var regionName: String {
    region ?? AWSCredentials.variable("AWS_REGION") ?? AWSCredentials.variable("AWS_DEFAULT_REGION") ?? "us-east-1"
  }

  private func credentials() throws -> AWSCredentials? {
    guard sign else { return nil }
    do {
      guard let credentials = try AWSCredentials() else {
        throw ValidationError("--sign needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.")
      }
      return credentials
    } catch let error as CredentialsError {
      throw ValidationError("--sign: \(error).")
    }
  }
}

extension RegionalEndpoint {
  /// What `--endpoint` of a load takes: URLs with commas between them, each with the name of its region before it or not.
  static func list(_ text: String, region: String) throws -> [RegionalEndpoint] {
    try text.split(separator: ",", omittingEmptySubsequences: false).flatMap { part in
      let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if words.count == 2, !RegionName.isValid(words[0]) {
        throw ValidationError("'\(words[0])' is no region: a name takes \(RegionName.form).")
      }
      return try Endpoint.plainList(words.last ?? "").map {
        RegionalEndpoint(region: words.count == 2 ? words[0] : region, endpoint: $0)
      }
    }
  }
}

extension Endpoint {
  /// What `--endpoint` takes for a load and a drill, which know no TLS: its work would be measured with the rest.
  static func plainList(_ text: String) throws -> [Endpoint] {
    let endpoints: [Endpoint]
    do { endpoints = try list(text) } catch { throw ValidationError("\(error).") }
    if let secure = endpoints.first(where: \.isSecure) {
      throw ValidationError("'\(secure)': there is no TLS here; an endpoint is http://HOST:PORT.")
    }
    return endpoints
  }
}
