internal import Client
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
public import Telemetry

/// The regions of the topology, of which this process serves one: where a request goes that is signed for another one.
///
/// Shared by the loops of a process. Every request that is passed on is a task of its own over a client with a thread of
/// its own: it costs what it costs, and a region that does not answer keeps no loop waiting.
public final class OtherRegions: Sendable {
  public struct Region: Sendable {
    public var name: String
    /// `host:port` of its coordinators; the first that takes a connection is asked.
    public var endpoints: [String]

    public init(name: String, endpoints: [String]) {
      self.name = name
      self.endpoints = endpoints
    }
  }

  private struct Place: Sendable {
    var name: String
    var endpoints: [Endpoint]
    var requests: Counter
  }

  private let own: String
  /// The first one takes what is signed for none of them.
  private let regions: [Place]
  private let client: HTTPClient
  private let underWay = Atomic<Int>(0)
  private let isUnknownNoted = Atomic<Bool>(false)
  private let noteUnknown: @Sendable (String) -> Void

  /// More at once are refused as overloaded.
  private static let underWayMax = 512
  /// Longer than a call may take in the other region: that one knows what became of it.
  private static let timeoutMs = 125_000
  /// Marks a request that came from a coordinator of another region: it goes no further.
  private static let mark = "x-gantry-from-region"
  /// Of the connection, not of the request.
  private static let hopHeaders: Set<String> = [
    "host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "expect",
    "accept-encoding",
  ]

  /// - Parameters:
  ///   - regions: of the topology, `own` among them.
  ///   - noteUnknown: told once, of the first request that is signed for none of them.
  public init(
    own: String, regions: [Region], registry: inout MetricRegistry, noteUnknown: @escaping @Sendable (String) -> Void
  ) {
    self.own = own
    self.regions = regions.map { region in
      Place(
        name: region.name,
        endpoints: region.endpoints.compactMap { Endpoint($0) },
        requests: registry.counter(
          "gantry_requests_passed_on_total",
          help: "API requests that were passed on to the region that they are signed for.",
          labels: [("region", region.name)]))
    }
    self.noteUnknown = noteUnknown
    client = HTTPClient()
  }

  /// Ends what is under way.
  public func shutDown() async { await client.shutDown() }

  /// Passes the request on where it belongs elsewhere; false where it is served here. `reply` is called on the loop.
  func take(_ request: HTTPRequest, on loop: any EventLoop, _ reply: @escaping (HTTPAnswer) -> Void) -> Bool {
    guard let place = place(of: request), place.name != own else { return false }
    place.requests.add()
    guard underWay.add(1, ordering: .relaxed).newValue <= Self.underWayMax else {
      underWay.subtract(1, ordering: .relaxed)
      reply(ErrorBody.answer(.overloaded))
      return true
    }
    let outgoing = outgoing(request)
    let reply = NIOLoopBound(reply, eventLoop: loop)
    Task {
      let answer = await ask(place, outgoing)
      underWay.subtract(1, ordering: .relaxed)
      loop.execute { reply.value(answer) }
    }
    return true
  }

  private func place(of request: HTTPRequest) -> Place? {
    guard let authorization = request.header("authorization"), request.header(Self.mark) == nil,
      request.header("x-amz-target") != nil, let name = SigningScope.region(of: authorization)
    else { return nil }
    if let known = regions.first(where: { $0.name == name }) { return known }
    if !isUnknownNoted.exchange(true, ordering: .relaxed) { noteUnknown(String(name)) }
    return regions.first
  }

  private func outgoing(_ request: HTTPRequest) -> Client.HTTPRequest {
    var headers = request.head.headers
      .filter { !Self.hopHeaders.contains($0.name.lowercased()) && !$0.name.hasPrefix(":") }
      .map { (name: $0.name, value: $0.value) }
    headers.append((name: Self.mark, value: own))
    return Client.HTTPRequest("POST", request.head.uri, headers: headers, body: Array(buffer: request.body))
  }

  private func ask(_ place: Place, _ request: Client.HTTPRequest) async -> HTTPAnswer {
    for endpoint in place.endpoints {
      do throws(TransportFailure) {
        let response = try await client.send(request, to: endpoint, timeoutMs: Self.timeoutMs)
        return Self.answer(response, from: place.name)
      } catch  where error.code == .connect {
        continue
      } catch {
        return ErrorBody.answer(
          APIError(
            .internalServer,
            "The answer of the region \(place.name) was lost: the request may or may not have taken effect."))
      }
    }
    return ErrorBody.answer(
      APIError(
        .serviceUnavailable, "No coordinator of the region \(place.name) can be reached. \(APIError.noEffect)."))
  }

  private static func answer(_ response: Client.HTTPResponse, from region: String) -> HTTPAnswer {
    guard [200, 400, 403, 404, 413, 500, 503].contains(response.status) else {
      return ErrorBody.answer(
        APIError(.internalServer, "The region \(region) answered with the HTTP status \(response.status)."))
    }
    return HTTPAnswer(
      status: response.status, style: .amazon, contentType: response.header("content-type") ?? ErrorBody.contentType,
      body: response.body)
  }
}
