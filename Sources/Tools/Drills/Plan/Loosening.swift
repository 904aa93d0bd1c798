internal import Settings

/// A guard that a drill's self-test takes away. The drill then has to be missed: one that stays green without the guard
/// would stay green whatever became of it.
///
/// The program that runs has no bugs planted in it. What is taken away lies around it: copies, early elections,
/// coordinators, disks that keep what they say.
public struct Loosening: Sendable, Equatable {
  /// What is taken away, for people: `the second coordinator`.
  public var without: String
  /// In place of the drill's own.
  public var topology: String?
  /// Go before the load's own.
  public var overrides: [String]
  /// In place of the load's own.
  public var endpoints: Int?
  /// In place of the drill's own.
  public var timeline: [DrillStep]?
  /// The expectations that must be missed.
  public var missed: [Expectation.Kind]
}

extension Drill {
  /// The drill as its self-test runs it; nil where it has none.
  public func loosened() -> Drill? {
    guard let loosening else { return nil }
    var drill = self
    drill.isLoosened = true
    drill.title += ", without \(loosening.without)"
    drill.topology = loosening.topology ?? topology
    drill.load.overrides += loosening.overrides
    drill.load.endpoints = loosening.endpoints ?? load.endpoints
    drill.timeline = loosening.timeline ?? timeline
    return drill
  }
}

extension Loosening {
  static let keys = [
    SettingKey("without", .text("a few words"), "What is taken away, for people."),
    SettingKey("topology", .text("a topology's name or file"), default: "the drill's", "The weaker cluster."),
    SettingKey("set", .texts("key=value"), default: "[]", "Goes before what the load sets."),
    DrillLoad.endpointsKey,
    SettingKey("timeline", .sections("steps (at, fault, …)"), default: "the drill's", "Harder faults."),
    SettingKey("missed", .texts("expectations"), "Those that have to be missed then; the drill has them."),
  ]

  init(_ section: SettingsSection, of expectations: [Expectation]) throws(SettingsError) {
    without = try section.text("without")
    topology = section.has("topology") ? try section.text("topology") : nil
    overrides = try section.texts("set")
    endpoints = section.has("endpoints") ? try section.integer("endpoints") : nil
    timeline = section.has("timeline") ? try DrillStep.read(section) : nil
    missed = []
    for name in try section.texts("missed") {
      guard let kind = Expectation.Kind(rawValue: name), expectations.contains(where: { $0.kind == kind }) else {
        throw section.refusal(of: "missed", "names '\(name)', which the drill does not expect")
      }
      missed.append(kind)
    }
    guard !missed.isEmpty else { throw section.refusal(of: "missed", "names nothing") }
    guard topology != nil || !overrides.isEmpty || endpoints != nil || timeline != nil else {
      throw section.refusal(of: "missed", "cannot be: nothing is taken away")
    }
  }
}
