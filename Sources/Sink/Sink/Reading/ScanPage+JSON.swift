internal import Bytes
internal import Items

extension ScanPage {
  /// Reads an answer of `Scan`.
  init(parsing body: [UInt8]) throws(ItemError) {
    var page = ScanPage()
    try JSONReader.read(body) { (reader) throws(ItemError) in
      try reader.beginObject()
      while let name = try reader.nextKey() {
        switch name {
        case "Items":
          try reader.beginArray()
          while try reader.nextElement() { page.items.append(try Self.item(&reader)) }
        case "LastEvaluatedKey":
          if try reader.skipNull() { continue }
          var writer = JSONWriter()
          writer.value(try reader.readValue())
          page.nextKey = writer.bytes
        default: try reader.skipValue()
        }
      }
    }
    self = page
  }

  private static func item(_ reader: inout JSONReader) throws(ItemError) -> AttributeMap {
    let item = try reader.readItem()
    do throws(MalformedBytes) {
      return try item.decode()
    } catch {
      fatalError("An item that was just encoded cannot be decoded: \(error.what).")
    }
  }
}
