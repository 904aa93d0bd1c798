internal import Telemetry

/// Counters of the connections of one server.
final class HTTPMetrics: Sendable {
  let connectionsOpened: Counter
  let bytesReceived: Counter
  let bytesSent: Counter
  let malformedRequests: Counter
  let overloaded: Counter
  let timedOut: Counter

  /// - Parameter server: the value of the label that tells the servers of a process apart.
  init(server: String, load: ServerLoad, in registry: inout MetricRegistry) {
    let labels = [(name: "server", value: server)]
    connectionsOpened = registry.counter(
      "gantry_http_connections_total", help: "Connections accepted.", labels: labels)
    bytesReceived = registry.counter(
      "gantry_http_received_bytes_total", help: "Bytes read from clients.", labels: labels)
    bytesSent = registry.counter("gantry_http_sent_bytes_total", help: "Bytes of answers.", labels: labels)
    malformedRequests = registry.counter(
      "gantry_http_malformed_total", help: "Requests that are not HTTP or break a limit.", labels: labels)
    overloaded = registry.counter(
      "gantry_http_overloaded_total", help: "Requests refused because too many were under way.", labels: labels)
    timedOut = registry.counter(
      "gantry_http_timeouts_total", help: "Connections closed at a deadline.", labels: labels)
    registry.sampledGauge("gantry_http_open_connections", help: "Connections that are open.", labels: labels) {
      Double(load.openConnections)
    }
    registry.sampledGauge(
      "gantry_http_requests_in_flight", help: "Requests that wait for their answer.", labels: labels
    ) { Double(load.requestsInFlight) }
    registry.sampledGauge(
      "gantry_http_body_bytes_in_flight", help: "Bytes of the bodies of requests under way.", labels: labels
    ) { Double(load.bodyBytesInFlight) }
  }
}
