/// What a table may be called. The API's edge, which needs no settings, has the same rule in its own words.
///
/// Source: "Naming rules" in AWS's developer guide of DynamoDB.
public enum TableNameRule {
  /// For readers: the rule as the end of a sentence about a name.
  public static let words = "takes 3 to 255 letters, digits, '_', '-' and '.'"

  /// Such a name also needs no escapes in JSON.
  public static func allows(_ name: String) -> Bool {
    (3...255).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }
}
