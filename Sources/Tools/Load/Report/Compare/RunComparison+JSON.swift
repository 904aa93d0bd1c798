internal import Items

extension RunComparison {
  /// One line, with its line break. `before` and `after` are in the unit that the metric's name ends in; `isBetter` is
  /// null where nothing changed.
  public var json: [UInt8] {
    var writer = JSONWriter(capacity: 4096)
    writer.beginObject()
    writer.member("format", 1)
    writer.member("before", names.before)
    writer.member("after", names.after)
    writer.array("warnings", warnings) { $0.string($1) }
    writer.array("differences", differences) { $0.difference($1) }
    writer.endObject()
    return writer.bytes + [UInt8(ascii: "\n")]
  }
}

extension JSONWriter {
  fileprivate mutating func difference(_ difference: RunComparison.Difference) {
    beginObject()
    member("kind", difference.kind)
    member("metric", difference.metric.member)
    member("before", difference.before)
    member("after", difference.after)
    member("verdict", difference.verdict.rawValue)
    key("isBetter")
    if let isBetter = difference.isBetter { bool(isBetter) } else { null() }
    endObject()
  }
}
