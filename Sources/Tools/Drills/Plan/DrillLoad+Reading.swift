internal import Environment
internal import Load
internal import Settings

extension DrillLoad {
  static let keys = [
    SettingKey("workload", .text("a workload's name or file"), default: "registers", "As gantry load takes it."),
    SettingKey("set", .texts("key=value"), default: "[]", "Goes before what the workload's file says."),
    SettingKey(
      "clients", .integer(unit: "clients", 1...LoadLimits.clientsMax), default: "16", "Operations under way at most."),
    SettingKey(
      "rate", .decimal(unit: "operations a second", 1...LoadLimits.rateMax), default: "400",
      "Operations begin at this rate whatever the answers."),
    SettingKey("duration", .text("a time such as 20s"), "Until after the last step of the timeline."),
    SettingKey(
      "operations_min", .integer(unit: "operations", 0...Int.max), default: "0",
      "Fewer operations prove nothing: the drill is invalid then. 0: half of what rate and duration ask for."),
    endpointsKey,
  ]

  static let endpointsKey = SettingKey(
    "endpoints", .integer(unit: "coordinators", 0...64), default: "0",
    "Clients know so many of them, the first ones. 0: all.")

  init(_ section: SettingsSection) throws(SettingsError) {
    workload = try section.text("workload")
    overrides = try section.texts("set")
    clients = try section.integer("clients")
    rate = try section.decimal("rate")
    duration = try section.span("duration")
    endpoints = try section.integer("endpoints")
    let least = try section.integer("operations_min")
    operationsMin = least > 0 ? least : Int(rate * Double(duration.nanoseconds) / 2e9)
  }
}

extension DrillStep {
  static let keys = [
    SettingKey("at", .text("a time such as 5s"), "From the beginning of the load."),
    SettingKey("fault", .choice(DrillFault.Name.allCases.map(\.rawValue)), "What happens."),
    SettingKey(
      "target", .text("names with commas, or \(DrillTarget.words.dropLast().joined(separator: ", "))"),
      default: "leader",
      "Whom a process fault strikes. leader: the node that leads most shards then; follower: the one that leads fewest. "
        + "Of add: the new node's name."
    ),
    SettingKey(
      "file", .choice(DrillFault.CorruptedFile.allCases.map(\.rawValue)), default: "log",
      "What a corruption strikes: bytes in the middle of the node's log, a shard's database, or the newest part "
        + "of the log (tail), which then was never there: a disk that had not kept what it said was synced."),
    SettingKey(
      "groups", .texts("targets; others: everybody else"), default: "[]",
      "Of a partition, a delay or a loss: it concerns what passes between them."),
    SettingKey("from", .text("a target"), default: "leader", "Of an isolation: whose messages get lost."),
    SettingKey("to", .text("a target"), default: "others", "Of an isolation: who does not get them."),
    SettingKey(
      "delay", .text("a time such as 50ms"), default: "100ms",
      "Of a delay: by how much each message takes longer, each way. Of a slow disk: each sync."),
    SettingKey("jitter", .text("a time such as 5ms"), default: "0ms", "By how much a message's delay may differ."),
    SettingKey("percent", .decimal(unit: "per cent", 0...100), default: "1", "Of a loss: how many messages get lost."),
    SettingKey(
      "offset", .text("a time such as 30s or -30s"), default: "30s", "Of clocks: by how much they are ahead or behind."),
    SettingKey(
      "duration", .text("a time such as 3s"), default: "until the end",
      "Then what was killed or stopped starts, what was paused goes on, links heal, clocks and disks are right again."),
  ]

  /// The steps of a group that has some.
  static func read(_ section: SettingsSection) throws(SettingsError) -> [DrillStep] {
    var steps: [DrillStep] = []
    for step in try section.sections("timeline", keys: keys) { steps.append(try DrillStep(step)) }
    return steps
  }

  init(_ section: SettingsSection) throws(SettingsError) {
    at = try section.span("at")
    fault = try DrillFault(section)
    duration = section.has("duration") ? try section.span("duration") : nil
    guard duration == nil || fault.hasEnd else {
      throw section.refusal(of: "duration", "does not go with this fault, which has no end of its own")
    }
  }
}

extension DrillFault {
  private static let allowed: [(key: String, names: Set<Name>)] = [
    (
      "target",
      [
        .kill, .stop, .start, .restart, .pause, .resume, .corrupt, .wipe, .add, .drain, .replace, .clock, .fullDisk,
        .slowDisk,
      ]
    ),
    ("file", [.corrupt]), ("groups", [.partition, .delay, .loss]), ("from", [.isolate]), ("to", [.isolate]),
    ("delay", [.delay, .slowDisk]), ("jitter", [.delay]), ("percent", [.loss]), ("offset", [.clock]),
  ]

  fileprivate init(_ section: SettingsSection) throws(SettingsError) {
    let name = try section.choice("fault", as: Name.self)
    for (key, names) in Self.allowed where section.has(key) && !names.contains(name) {
      throw section.refusal(of: key, "does not go with the fault '\(name.rawValue)'")
    }
    let target = try section.target("target")
    switch name {
    case .kill: self = .kill(target)
    case .stop: self = .stop(target)
    case .start: self = .start(target)
    case .restart: self = .restart(target)
    case .pause: self = .pause(target)
    case .resume: self = .resume(target)
    case .corrupt: self = .corrupt(target, try section.choice("file", as: CorruptedFile.self))
    case .wipe: self = .wipe(target)
    case .add: self = .add(target)
    case .drain: self = .drain(target)
    case .replace: self = .replace(target)
    case .partition: self = .partition(try Self.groups(section))
    case .isolate: self = .isolate(from: try section.target("from"), to: try section.target("to"))
    case .delay:
      self = .delay(try Self.groups(section), try section.span("delay"), jitter: try section.span("jitter"))
    case .loss: self = .loss(try Self.groups(section), percent: try section.decimal("percent"))
    case .heal: self = .heal
    case .clock: self = .clock(target, offsetMs: try section.offsetMs("offset"))
    case .fullDisk: self = .fullDisk(target)
    case .slowDisk: self = .slowDisk(target, try section.span("delay"))
    }
  }

  private static func groups(_ section: SettingsSection) throws(SettingsError) -> [DrillTarget] {
    let groups = try section.texts("groups").map { DrillTarget($0) }
    guard groups.count >= 2 else {
      throw section.refusal(of: "groups", "takes two groups or more, such as [leader, others]")
    }
    guard groups.filter({ $0 == .others }).count <= 1 else {
      throw section.refusal(of: "groups", "has 'others' twice")
    }
    return groups
  }
}

extension SettingsSection {
  fileprivate func span(_ name: String) throws(SettingsError) -> Span {
    let text = try text(name)
    guard let span = Span(text: text) else {
      throw refusal(of: name, "is a time of at most a day such as 250ms, 30s or 5m, and not '\(text)'")
    }
    return span
  }

  /// A time, in milliseconds, that may be negative.
  fileprivate func offsetMs(_ name: String) throws(SettingsError) -> Int {
    let text = try text(name)
    let isBehind = text.hasPrefix("-")
    guard let span = Span(text: isBehind ? String(text.dropFirst()) : text) else {
      throw refusal(of: name, "is a time such as 30s or -500ms, and not '\(text)'")
    }
    return Int(span.nanoseconds / 1_000_000) * (isBehind ? -1 : 1)
  }

  fileprivate func target(_ name: String) throws(SettingsError) -> DrillTarget {
    let target = DrillTarget(try text(name))
    guard target != .others || name == "to" else {
      throw refusal(of: name, "cannot be 'others': that is who is not named elsewhere")
    }
    return target
  }
}
