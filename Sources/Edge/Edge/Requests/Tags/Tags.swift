internal import Catalog
internal import Items

/// The rules of tags, in CreateTable and TagResource alike.
enum Tags {
  static let countMax = 50

  /// As it was sent.
  struct Entry {
    var key: String?
    var value: String?
  }

  /// The constraints of the service model.
  static func check(_ entries: [Entry], _ violations: inout Violations) {
    for (position, tag) in entries.enumerated() {
      let path = "tags.\(position + 1).member"
      violations.require(tag.key != nil, at: "\(path).key")
      violations.checkLength(tag.key, at: "\(path).key", min: 1, max: 128)
      violations.require(tag.value != nil, at: "\(path).value")
      violations.checkLength(tag.value, at: "\(path).value", min: 0, max: 256)
    }
  }

  static func checked(_ entries: [Entry]) throws(APIError) -> [Tag] {
    var tags: [Tag] = []
    for entry in entries {
      let tag = Tag(key: entry.key ?? "", value: entry.value ?? "")
      guard isText(tag.key) else { throw .validation("The Tag Key provided is invalid, Key: \(tag.key)") }
      guard isText(tag.value) else { throw .validation("The Tag Value provided is invalid, Value: \(tag.value)") }
      guard !tag.key.hasPrefix("aws:") else {
        throw .validation("Tag Key cannot be prefixed with aws:, Key: \(tag.key)")
      }
      guard !tags.contains(where: { $0.key == tag.key }) else {
        throw .validation("Duplicate Tag Keys provided as input: Duplicate Tag Key found \(tag.key)")
      }
      tags.append(tag)
    }
    return tags
  }

  /// Those of a key that is there already replace it.
  static func adding(_ tags: [Tag], to present: [Tag]) throws(APIError) -> [Tag] {
    var all = present
    for tag in tags {
      if let position = all.firstIndex(where: { $0.key == tag.key }) { all[position] = tag } else { all.append(tag) }
    }
    guard all.count <= countMax else {
      throw .validation("Number of Tags exceed the current limit for the provided ResourceArn")
    }
    return all
  }

  /// Letters, numbers and spaces of any script, and `+ - = . _ : / @`.
  private static func isText(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
        .letterNumber, .otherNumber, .spaceSeparator, .lineSeparator, .paragraphSeparator:
        true
      default: "+-=._:/@".unicodeScalars.contains(scalar)
      }
    }
  }
}

extension Tags.Entry {
  init(_ reader: inout JSONReader) throws(ItemError) {
    try reader.eachMember(of: "Tag") { (member, reader) throws(ItemError) in
      switch member {
      case "Key": key = try reader.readText()
      case "Value": value = try reader.readText()
      default: try reader.skipValue()
      }
    }
  }
}
