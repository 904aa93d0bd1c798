internal import Items

/// What is wrong with the disk of a node.
struct DiskImpairment: Equatable, Sendable {
  /// The node.
  var name: String
  /// No file gets longer.
  var isFull = false
  /// By how much each sync takes longer.
  var syncDelayMs = 0

  static let syncDelayMsMax = 60_000

  /// For people.
  var text: String {
    let parts = [isFull ? "full" : nil, syncDelayMs > 0 ? "slow by \(syncDelayMs) ms a sync" : nil]
    return "\(name)'s disk is " + parts.compactMap { $0 }.joined(separator: " and ")
  }

  /// What its node is told.
  var order: JSONValue { .members(["full": .bool(isFull), "syncDelayMs": .integer(syncDelayMs)]) }

  var json: JSONValue {
    .members(["name": .text(name), "full": .bool(isFull), "syncDelayMs": .integer(syncDelayMs)])
  }

  init?(_ json: JSONValue) {
    guard let name = json["name"]?.text, let isFull = json["full"]?.bool, let delay = json["syncDelayMs"]?.integer
    else { return nil }
    self.init(name: name, isFull: isFull, syncDelayMs: delay)
  }

  init(name: String, isFull: Bool = false, syncDelayMs: Int = 0) {
    (self.name, self.isFull, self.syncDelayMs) = (name, isFull, syncDelayMs)
  }

  /// Nil where one of them is none; an absent list is empty.
  static func list(_ json: JSONValue?) -> [DiskImpairment]? {
    let elements = json?.elements ?? []
    let list = elements.compactMap { DiskImpairment($0) }
    return list.count == elements.count ? list : nil
  }
}
