/// Where the coordinators of a region serve clients.
public struct RegionEndpoints: Hashable, Sendable {
  public var name: String
  /// `host:port` of each; the first that answers is taken.
  public var endpoints: [String]

  public init(name: String, endpoints: [String]) {
    self.name = name
    self.endpoints = endpoints
  }

  static let keys = [
    SettingKey("name", .text("a region name"), "The region, e.g. eu-west-1."),
    SettingKey("endpoints", .texts("host:port of its coordinators"), "Where they serve the DynamoDB API."),
  ]

  init(_ section: SettingsSection) throws(SettingsError) {
    self.init(name: try section.text("name"), endpoints: try section.texts("endpoints"))
  }

  var yaml: String {
    let quoted = SettingsValue.quoted
    return "{name: \(quoted(name)), endpoints: [\(endpoints.map(quoted).joined(separator: ", "))]}"
  }

  /// Names must be unique, and `own` among them.
  static func check(_ regions: [RegionEndpoints], own: String, file: String) throws(SettingsError) {
    guard !regions.isEmpty else { return }
    for (index, region) in regions.enumerated() {
      guard RegionName.isValid(region.name) else {
        throw SettingsError(
          file: file, "'regions' has a region '\(region.name)': a name takes \(RegionName.form)")
      }
      guard !regions[..<index].contains(where: { $0.name == region.name }) else {
        throw SettingsError(file: file, "'regions' has two regions named '\(region.name)'")
      }
      guard !region.endpoints.isEmpty, region.endpoints.allSatisfy({ HostPort($0) != nil }) else {
        throw SettingsError(file: file, "'regions': the endpoints of \(region.name) take host:port, one at least")
      }
    }
    guard regions.contains(where: { $0.name == own }) else {
      throw SettingsError(file: file, "'regions' must list this process's own region, \(own)")
    }
  }
}

/// What a region may be called: clients put its name into their signatures.
public enum RegionName {
  public static let form = "1 to 32 lower-case letters, digits or hyphens, starting with a letter"

  public static func isValid(_ name: String) -> Bool { ProcessName.isValid(name) }
}
