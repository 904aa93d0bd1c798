/// What may become of an attribute's value where it may not stay as it is.
public enum ResidencyTreatment: String, CaseIterable, Sendable {
  case keep, drop, hash, mask
}

/// What one region may hold of a table's items. The rules are kept in the region that a change comes from.
public struct ResidencySettings: Hashable, Sendable {
  public var table: String
  public var region: String
  /// Of attributes that are in no list.
  public var otherwise: ResidencyTreatment
  public var keep: [String]
  public var drop: [String]
  public var hash: [String]
  public var mask: [String]

  public static let keys = [
    SettingKey("table", .text("a table's name"), "The table, in every region."),
    SettingKey(
      "region", .text("a region name"),
      "The region that is to hold copies without what is withheld. It cannot write that either."),
    SettingKey(
      "otherwise", .choice(ResidencyTreatment.allCases.map(\.rawValue)), default: "keep",
      "What becomes of attributes in none of the lists; all but keep: only what 'keep' lists, and the table's key, "
        + "leaves as it is."),
    SettingKey(
      "keep", .texts("attribute names"), default: "[]", "Attributes that leave as they are."),
    SettingKey("drop", .texts("attribute names"), default: "[]", "Attributes that do not leave."),
    SettingKey(
      "hash", .texts("attribute names"), default: "[]",
      "Attributes that leave as a keyed hash (HMAC-SHA256 with residencyKeyFile): equal values stay equal."
    ),
    SettingKey(
      "mask", .texts("attribute names"), default: "[]",
      "Attributes that leave as a value of their type that says nothing."),
  ]

  /// Keys of the sections that hold rules.
  public static let listKey = SettingKey(
    "residency", .sections("{table, region, otherwise, keep, drop, hash, mask}"), default: "[]",
    "What regions may hold of tables with replicas; the same on every node of every region.")
  public static let keyFileKey = SettingKey(
    "residencyKeyFile", .text("a file of at least \(keyBytesMin) bytes"), default: "none",
    "The secret key of hashes; needed where a rule hashes, and the same on every node. It is in no log and on no "
      + "command line.")

  public static let keyBytesMin = 16

  public init(_ section: SettingsSection) throws(SettingsError) {
    table = try section.text("table")
    region = try section.text("region")
    otherwise = try section.choice("otherwise", as: ResidencyTreatment.self)
    keep = try section.texts("keep")
    drop = try section.texts("drop")
    hash = try section.texts("hash")
    mask = try section.texts("mask")
    var names: Set<String> = []
    for name in keep + drop + hash + mask {
      guard !name.isEmpty, names.insert(name).inserted else {
        throw SettingsError(
          file: section.file, line: section.line,
          "the residency of \(table) in \(region) names the attribute '\(name)' twice, or an empty one"
        )
      }
    }
    guard otherwise != .keep || !(drop + hash + mask).isEmpty else {
      throw SettingsError(
        file: section.file, line: section.line,
        "the residency of \(table) in \(region) withholds nothing")
    }
  }

  /// Whether it needs the key.
  public var hashes: Bool { otherwise == .hash || !hash.isEmpty }

  var yaml: String {
    let quoted = SettingsValue.quoted
    let lists = [("keep", keep), ("drop", drop), ("hash", hash), ("mask", mask)].filter {
      !$0.1.isEmpty
    }
    .map { ", \($0.0): [\($0.1.map(quoted).joined(separator: ", "))]" }.joined()
    return
      "{table: \(quoted(table)), region: \(quoted(region)), otherwise: \(otherwise.rawValue)\(lists)}"
  }

  /// Each table and region has one rule, the regions exist, and somebody holds everything.
  public static func check(
    _ rules: [ResidencySettings], regions: [String], keyFile: String?, file: String
  ) throws(SettingsError) {
    for (index, rule) in rules.enumerated() {
      // A rule for it would protect nothing, and nobody would see that.
      guard TableNameRule.allows(rule.table) else {
        throw SettingsError(
          file: file,
          "'residency' names the table '\(rule.table)': a table's name \(TableNameRule.words)")
      }
      guard regions.contains(rule.region) else {
        let hint =
          NearestName.of(rule.region, among: regions).map { "; did you mean '\($0)'?" } ?? ""
        throw SettingsError(
          file: file,
          "'residency' names the region '\(rule.region)', which the topology does not have\(hint)")
      }
      guard !rules[..<index].contains(where: { $0.table == rule.table && $0.region == rule.region })
      else {
        throw SettingsError(
          file: file, "'residency' has two rules for \(rule.table) in \(rule.region)")
      }
      guard
        regions.contains(where: { region in
          !rules.contains { $0.table == rule.table && $0.region == region }
        })
      else {
        throw SettingsError(
          file: file,
          "'residency' leaves no region that holds all of \(rule.table): one must be without a rule"
        )
      }
      guard !rule.hashes || keyFile != nil else {
        throw SettingsError(
          file: file,
          "'residency' hashes attributes of \(rule.table), for which 'residencyKeyFile' is missing")
      }
    }
  }

  /// The key's bytes, without the line's end that editors add.
  public static func key(in path: String) throws(SettingsError) -> [UInt8] {
    var bytes = Array(try TextFile.read(path).utf8)
    while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
      bytes.removeLast()
    }
    guard bytes.count >= keyBytesMin else {
      throw SettingsError(
        file: path, "the key of residency hashes is shorter than \(keyBytesMin) bytes")
    }
    return bytes
  }
}
