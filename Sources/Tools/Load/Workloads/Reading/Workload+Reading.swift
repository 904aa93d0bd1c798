public import Settings

extension Workload {
  /// The workloads that are known by name.
  public static var builtInNames: [String] { BuiltInWorkloads.names }

  /// Reads a built-in workload by its name, or a file by its path.
  ///
  /// - Parameter overrides: `key=value`, which go before what the file says; the value is YAML.
  /// - Throws: what is wrong, where, and the nearest name where one is unknown.
  public static func load(_ nameOrPath: String, overrides: [String] = []) throws(SettingsError) -> Workload {
    if let text = BuiltInWorkloads.text(nameOrPath) {
      return try parse(text, source: nameOrPath, overrides: overrides)
    }
    let isPath = nameOrPath.contains("/") || nameOrPath.hasSuffix(".yaml") || nameOrPath.hasSuffix(".yml")
    guard isPath else {
      let names = builtInNames
      let hint = NearestName.of(nameOrPath, among: names).map { "; did you mean '\($0)'?" } ?? ""
      throw SettingsError(
        file: nameOrPath,
        "is neither a built-in workload (\(names.joined(separator: ", "))) nor the path of a file\(hint)")
    }
    return try Workload(source: nameOrPath, overrides: overrides) { (keys) throws(SettingsError) in
      try SettingsSection.load(path: nameOrPath, keys: keys)
    }
  }

  static func parse(
    _ text: String, source: String, overrides: [String] = []
  ) throws(SettingsError) -> Workload {
    try Workload(source: source, overrides: overrides) { (keys) throws(SettingsError) in
      try SettingsSection.parse(text, file: source, keys: keys)
    }
  }

  /// - Parameter read: reads the file with the keys that it may have. It is read twice: which keys those are depends on
  ///   what kind of workload it is.
  private init(
    source: String, overrides: [String], read: ([SettingKey]) throws(SettingsError) -> SettingsSection
  ) throws(SettingsError) {
    let kind = try read(WorkloadKind.everyKey).choice("kind", as: WorkloadKind.self)
    let keys = kind.keys
    var section = try read([WorkloadKind.key] + keys)
    for override in overrides { section = section.replaced(by: try Self.override(override, keys)) }
    do throws(SettingsError) {
      self.init(name: source, try kind.content(section))
    } catch {
      throw error.ofOverride
    }
  }

  private static func override(_ text: String, _ keys: [SettingKey]) throws(SettingsError) -> SettingsSection {
    let name = SettingsError.overrideOption + text
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw SettingsError(file: name, "takes the form key=value")
    }
    let value = text[text.index(after: equals)...]
    // Nothing must be there but what is overridden.
    let optional = keys.map { SettingKey($0.name, $0.kind, default: $0.defaultText ?? "none", $0.meaning) }
    do throws(SettingsError) {
      return try SettingsSection.parse("\(text[..<equals]): \(value)\n", file: name, keys: optional)
    } catch {
      throw error.ofOverride
    }
  }
}

extension SettingsError {
  fileprivate static let overrideOption = "--set "

  /// An override has no lines.
  fileprivate var ofOverride: SettingsError {
    guard file.hasPrefix(Self.overrideOption) else { return self }
    return SettingsError(file: file, message)
  }
}
