internal import Items

extension ClusterFaults {
  /// In `cluster.json` and in reports.
  var json: JSONValue {
    .members([
      "partition": .array(partition.map { .array($0.map { .text($0) }) }),
      "isolated": .array(isolated.map { .members(["from": .text($0.from), "to": .text($0.to)]) }),
    ])
  }

  /// Nil where the value is none of ours.
  init?(_ json: JSONValue) {
    guard let groups = json["partition"]?.elements, let cuts = json["isolated"]?.elements else { return nil }
    for group in groups {
      guard let names = group.elements?.compactMap(\.text), !names.isEmpty else { return nil }
      partition.append(names)
    }
    for cut in cuts {
      guard let from = cut["from"]?.text, let to = cut["to"]?.text else { return nil }
      isolated.append(OneWay(from: from, to: to))
    }
  }

  /// All that one process has to know: the body of its `POST /faults`, which replaces what it knew.
  func order(for name: String) -> String {
    let orders = cuts(of: name).map { cut -> JSONValue in
      let direction = cut.sending ? (cut.receiving ? "both" : "sending") : "receiving"
      return .members(["peer": .text(cut.peer), "direction": .text(direction), "cut": .bool(true)])
    }
    return JSONValue.members(["faults": .array(orders)]).compact
  }
}
