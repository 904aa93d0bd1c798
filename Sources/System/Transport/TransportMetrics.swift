public import Telemetry

/// Counters of all links of a process, by class. Shared by its loops.
public struct TransportMetrics: Sendable {
  struct PerClass: Sendable {
    let framesSent: Counter
    let framesReceived: Counter
    let bytesSent: Counter
    let bytesReceived: Counter
    let framesDropped: Counter
    let linksUp: Gauge
    let linkFailures: Counter
  }

  private let classes: [PerClass]

  public init(_ registry: inout MetricRegistry) {
    classes = TransportClass.allCases.map { Self.declare($0, in: &registry) }
  }

  subscript(_ transportClass: TransportClass) -> PerClass { classes[Int(transportClass.rawValue) - 1] }

  private static func declare(_ transportClass: TransportClass, in registry: inout MetricRegistry) -> PerClass {
    let name = [(name: "class", value: transportClass.name)]
    func way(_ direction: String) -> MetricRegistry.Labels { name + [(name: "direction", value: direction)] }
    let frames = ("gantry_transport_frames_total", "Frames between processes.")
    let bytes = ("gantry_transport_bytes_total", "Payload bytes of frames between processes.")
    return PerClass(
      framesSent: registry.counter(frames.0, help: frames.1, labels: way("sent")),
      framesReceived: registry.counter(frames.0, help: frames.1, labels: way("received")),
      bytesSent: registry.counter(bytes.0, help: bytes.1, labels: way("sent")),
      bytesReceived: registry.counter(bytes.0, help: bytes.1, labels: way("received")),
      framesDropped: registry.counter(
        "gantry_transport_frames_dropped_total", help: "Frames not taken because the peer does not drain.",
        labels: name),
      linksUp: registry.gauge("gantry_transport_links", help: "Links that are up.", labels: name),
      linkFailures: registry.counter(
        "gantry_transport_link_failures_total", help: "Links that went down and attempts that failed.", labels: name))
  }
}
