internal import Items

/// One line of JSON from a command to the supervisor.
struct ControlRequest: Equatable, Sendable {
  enum Verb: String, Sendable { case start, stop, kill, pause, resume, faults, shutDown, add, remove }

  var verb: Verb
  /// Empty where the verb concerns no single process.
  var name: String
  /// Of ``Verb/faults``.
  var change: FaultChange?

  var line: String {
    JSONValue.members([
      "verb": .text(verb.rawValue), "name": .text(name), "change": change?.json ?? .null,
    ]).compact + "\n"
  }

  init(_ verb: Verb, _ name: String = "") {
    self.verb = verb
    self.name = name
  }

  init(_ change: FaultChange) {
    self.init(.faults)
    self.change = change
  }

  init?(line: [UInt8]) {
    guard let json = try? JSONValue(parsing: line), let verb = json["verb"]?.text.flatMap(Verb.init(rawValue:)),
      let name = json["name"]?.text
    else { return nil }
    self.init(verb, name)
    change = json["change"].flatMap(FaultChange.init)
    guard (verb == .faults) == (change != nil) else { return nil }
  }
}

/// One line of JSON back.
enum ControlAnswer: Equatable, Sendable {
  case done
  case failed(String)

  var line: String {
    switch self {
    case .done: JSONValue.members(["ok": .bool(true)]).compact + "\n"
    case .failed(let reason): JSONValue.members(["ok": .bool(false), "error": .text(reason)]).compact + "\n"
    }
  }

  init?(line: [UInt8]) {
    guard let json = try? JSONValue(parsing: line), let isDone = json["ok"]?.bool else { return nil }
    self = isDone ? .done : .failed(json["error"]?.text ?? "the supervisor gave no reason")
  }
}
