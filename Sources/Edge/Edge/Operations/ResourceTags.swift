internal import Catalog
internal import Items

/// TagResource, UntagResource and ListTagsOfResource.
enum ResourceTags {
  static func tag(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try TagRequest.parse(body, .tag)
    let added = try Tags.checked(request.tags ?? [])
    exchange.alter(request.table, missing: .tableNotFound) { (table) throws(APIError) in
      var definition = table.definition
      definition.tags = try Tags.adding(added, to: definition.tags)
      return definition
    } done: { _ in
      exchange.succeed([])
    }
  }

  static func untag(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try TagRequest.parse(body, .untag)
    let keys = Set(request.keys ?? [])
    exchange.alter(request.table, missing: .tableNotFound) { table in
      var definition = table.definition
      definition.tags.removeAll { keys.contains($0.key) }
      return definition
    } done: { _ in
      exchange.succeed([])
    }
  }

  static func list(_ body: UnsafeBufferPointer<UInt8>, _ exchange: Exchange) throws(APIError) {
    let request = try TagRequest.parse(body, .list)
    exchange.known(request.table, missing: .tableNotFound) { table in
      var writer = JSONWriter(capacity: 256)
      writer.beginObject()
      writer.key("Tags")
      writer.beginArray()
      for tag in table.definition.tags {
        writer.beginObject()
        writer.member("Key", tag.key)
        writer.member("Value", tag.value)
        writer.endObject()
      }
      writer.endArray()
      writer.endObject()
      exchange.succeed(writer.bytes)
    }
  }
}
