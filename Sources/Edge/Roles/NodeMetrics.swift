import Telemetry

/// What a node counts on its loop.
struct NodeMetrics {
  let requests: Counter
  let answers: Counter
  let turns: Counter

  init(_ registry: inout MetricRegistry) {
    requests = registry.counter(
      "gantry_node_requests_total", help: "Operations received from coordinators and other nodes.")
    answers = registry.counter("gantry_node_answers_total", help: "Operations answered.")
    turns = registry.counter(
      "gantry_node_turns_total", help: "Loop turns that ended with a look at every replica.")
  }
}
