internal import Catalog
internal import Items

/// UpdateTimeToLive and DescribeTimeToLive.
enum TimeToLive {
  static func update(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try TimeToLiveRequest.parse(body)
    let attribute = Array(request.attribute.utf8)
    exchange.alter(request.table, missing: .notFound(table: request.table)) { (table) throws(APIError) in
      var definition = table.definition
      if let current = definition.timeToLive, current != attribute {
        throw .validation(
          "TimeToLive is active on a different AttributeName: current AttributeName is "
            + String(decoding: current, as: UTF8.self))
      }
      guard (definition.timeToLive != nil) != request.isEnabled else {
        throw .validation("TimeToLive is already \(request.isEnabled ? "enabled" : "disabled")")
      }
      definition.timeToLive = request.isEnabled ? attribute : nil
      return definition
    } done: { _ in
      var writer = JSONWriter(capacity: 128)
      writer.beginObject()
      writer.key("TimeToLiveSpecification")
      writer.beginObject()
      writer.key("Enabled")
      writer.bool(request.isEnabled)
      writer.member("AttributeName", request.attribute)
      writer.endObject()
      writer.endObject()
      exchange.succeed(writer.bytes)
    }
  }

  static func describe(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let name = try NamedTableRequest.parse(body)
    exchange.known(name, missing: .notFound(table: name)) { table in
      if table.status == .creating || table.status == .deleting {
        let state = table.status == .creating ? "CREATING" : "DELETING"
        let text =
          "Cannot describe time to live while table is in \(state) state: Current table state is \(state)"
        return exchange.fail(.validation(text))
      }
      var writer = JSONWriter(capacity: 128)
      writer.beginObject()
      writer.key("TimeToLiveDescription")
      writer.beginObject()
      writer.member("TimeToLiveStatus", table.definition.timeToLive == nil ? "DISABLED" : "ENABLED")
      if let attribute = table.definition.timeToLive {
        writer.key("AttributeName")
        writer.string(attribute)
      }
      writer.endObject()
      writer.endObject()
      exchange.succeed(writer.bytes)
    }
  }
}
