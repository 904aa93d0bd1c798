internal import Environment
internal import Load
public import Settings

extension Drill {
  /// Reads a built-in drill by its name, or a file by its path.
  public static func load(_ nameOrPath: String) throws(SettingsError) -> Drill {
    if let text = BuiltInDrills.text(nameOrPath) { return try parse(text, source: nameOrPath) }
    let isPath = nameOrPath.contains("/") || nameOrPath.hasSuffix(".yaml") || nameOrPath.hasSuffix(".yml")
    guard isPath else {
      let names = BuiltInDrills.names
      let hint = NearestName.of(nameOrPath, among: names).map { "; did you mean '\($0)'?" } ?? ""
      throw SettingsError(
        file: nameOrPath,
        "is neither a built-in drill (\(names.joined(separator: ", "))) nor the path of a file\(hint)")
    }
    return try Drill(try SettingsSection.load(path: nameOrPath, keys: keys), source: nameOrPath)
  }

  static func parse(_ text: String, source: String) throws(SettingsError) -> Drill {
    try Drill(try SettingsSection.parse(text, file: source, keys: keys), source: source)
  }

  private init(_ section: SettingsSection, source: String) throws(SettingsError) {
    self.source = source
    title = try section.text("title")
    topology = try section.text("topology")
    guard let load = try section.section("load", keys: DrillLoad.keys) else {
      throw section.refusal(of: "load", "is missing")
    }
    self.load = try DrillLoad(load)
    timeline = try DrillStep.read(section)
    expectations = []
    if let expect = try section.section("expect", keys: Expectation.keys) {
      expectations = try Expectation.read(expect)
    }
    try validate(section)
    guard let selftest = try section.section("selftest", keys: Loosening.keys) else { return }
    loosening = try Loosening(selftest, of: expectations)
    try loosened()?.validate(selftest)
  }

  private func validate(_ section: SettingsSection) throws(SettingsError) {
    guard !timeline.isEmpty else { throw section.refusal(of: "timeline", "lists no step: a drill breaks something") }
    guard !expectations.isEmpty else { throw section.refusal(of: "expect", "asks for nothing") }
    for (earlier, later) in zip(timeline, timeline.dropFirst()) where later.at < earlier.at {
      throw section.refusal(of: "timeline", "has a step at \(later.at.seconds) s behind one at \(earlier.at.seconds) s")
    }
    guard lastChange < load.duration else {
      throw section.refusal(
        of: "timeline", "ends after \(lastChange.seconds) s, and the load at \(load.duration.seconds) s: let it go on")
    }
    try validateLinks(section)
  }

  /// Healing makes every link whole, so that two at a time would end each other.
  private func validateLinks(_ section: SettingsSection) throws(SettingsError) {
    var end: Span?
    for step in timeline where step.fault.concernsLinks {
      if let end, step.at < end {
        throw section.refusal(
          of: "timeline", "concerns links at \(step.at.seconds) s while links are not whole until \(end.seconds) s")
      }
      end = step.duration == nil ? nil : step.end
    }
  }

  /// Every key with its default, unit and meaning.
  public static var printConfig: String {
    [
      SettingKey.documentation(keys, title: "A drill"),
      SettingKey.documentation(DrillLoad.keys, title: "'load'"),
      SettingKey.documentation(DrillStep.keys, title: "Each of 'timeline'"),
      SettingKey.documentation(Expectation.keys, title: "'expect'"),
      SettingKey.documentation(Loosening.keys, title: "'selftest'"),
    ].joined(separator: "\n")
  }

  private static let keys = [
    SettingKey("title", .text("one line"), "What happens in the drill, for people."),
    SettingKey("topology", .text("a topology's name or file"), default: "ha", "The cluster that it is run on."),
    SettingKey("load", .any("a group of keys"), "What clients ask meanwhile."),
    SettingKey("timeline", .sections("steps (at, fault, …)"), "The faults, by their times."),
    SettingKey("expect", .any("a group of keys"), "What must be true of it."),
    SettingKey(
      "selftest", .any("a group of keys"), default: "none",
      "For gantry drill --selftest: what is taken away so that the drill has to be missed."),
  ]
}

extension Expectation {
  fileprivate static func read(_ section: SettingsSection) throws(SettingsError) -> [Expectation] {
    var expectations: [Expectation] = []
    for kind in Kind.allCases where section.has(kind.rawValue) {
      switch kind {
      case .linearizable, .sinkEqual, .regionsEqual:
        guard try section.flag(kind.rawValue) else {
          throw section.refusal(of: kind.rawValue, "is true or left out: nothing is proved by its being false")
        }
        expectations.append(Expectation(kind, 1))
      case .p99MsMax, .convergedWithinSeconds:
        expectations.append(Expectation(kind, try section.decimal(kind.rawValue)))
      case .lostAcknowledgedWrites, .unavailableMsMax, .errorsMax:
        expectations.append(Expectation(kind, Double(try section.integer(kind.rawValue))))
      }
    }
    return expectations
  }
}

extension Span {
  var seconds: String { Decimals.shortest(Double(nanoseconds) / 1e9, 3) }
}
