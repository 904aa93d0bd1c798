public import Environment
public import Messages

/// Something that goes wrong in a region and, after a while, is put right again.
public enum Fault: Hashable, Sendable {
  /// A machine loses power and starts again.
  case crash(NodeID)
  /// A machine loses power just when it has sent something and not yet written what goes with it.
  case crashAsItSends(NodeID)
  /// When a machine next gives a vote, it and all others but the one that the vote is for lose power, and that one is cut
  /// off for so many percent of an election's time.
  case crashAsItVotes(cutPercent: UInt64)
  /// A process ends after so many changes of its disk, or after so many from when a file next gets a name with that end;
  /// with its machine's power or without.
  case dies(NodeID, afterChanges: Int, fromRenamingTo: String?, losesPower: Bool)
  /// A machine is down for two thirds of the time, which may be longer than the others keep log for it, and then its
  /// process ends when it has put the state that it fetches in its place and made so many changes of its disk; with its
  /// machine's power or without.
  case fallsBehind(NodeID, afterChanges: Int, losesPower: Bool)
  /// Every machine loses power at once.
  case powerCut
  /// A process is killed and starts again.
  case kill(Process)
  /// A node is asked to stop, hands over what it leads, ends, and starts again.
  case leave(NodeID)
  /// A process stands still.
  case pause(Process)
  /// The links between two groups are cut both ways.
  case cut([Process], [Process])
  /// One way between two processes is cut.
  case cutOneWay(from: Process, to: Process)
  /// What is sent from one process to another waits until the end, and then arrives.
  case stall(from: Process, to: Process)
  /// What a coordinator sends to the leader of a shard waits until that one leads again, after others, or until the end.
  case detour(from: Process, over: ShardID)
  /// The links between two groups come and go.
  case flap([Process], [Process], period: Span)
  /// Leaders are cut off as soon as they lead, for about so long.
  case unrest(cutLasts: Span)
  /// Leaders of a shard take turns at being cut off, with what reached some and not others.
  case quarrel(ShardID)
  case weather(Weather)
  /// Every piece of blocking work on a machine takes that much longer.
  case slowDisk(NodeID, Span)
  /// A disk has only so many bytes left.
  case fullDisk(NodeID, bytesLeft: UInt64)
  /// A machine's clock runs at another rate, in parts of a million. It goes on to, for good.
  case drift(Process, ppm: Int)
  /// A coordinator's wall clock jumps by so many milliseconds, for good.
  case wallJump(coordinator: Int, milliseconds: Int)
  /// A disk loses or spoils what it holds; only as far as the ``FaultAtlas`` allows.
  case damage(NodeID, Damage, seed: UInt64)
  /// A node is asked to give its replicas to others, where there are more nodes than replicas, and to leave. It goes on to,
  /// for good.
  case drain(NodeID)
  /// A region hears nothing of another one. Regions count from 0, which is the one that all other faults are about.
  case deafRegion(Int, to: Int)
  /// A region and all others hear nothing of each other.
  case lonelyRegion(Int)
  /// How messages fare between regions.
  case weatherBetweenRegions(Weather)
  /// A fault in another region.
  indirect case elsewhere(region: Int, Fault)
}

/// What can become of the bytes on a disk.
public enum Damage: Hashable, Sendable, CaseIterable {
  /// The machine comes back with an empty disk.
  case wipe
  /// A bit flips at rest.
  case flippedBit
  case corruptReads
  case misdirectedReads
  /// Where the product promises to find it: see ``LosableWrites``.
  case lostWrites
  /// Operations fail with EIO.
  case errors
}

extension Fault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .crash(let id): "power cut at \(Process.node(id))"
    case .crashAsItSends(let id): "power cut at \(Process.node(id)) as it sends"
    case .crashAsItVotes(let percent):
      "power cut everywhere but at a candidate, cut off for \(percent) % of an election"
    case .dies(let id, let count, let name, let losesPower):
      "\(losesPower ? "power cut at" : "kill") \(Process.node(id)) after \(count) changes of its disk"
        + (name.map { ", from the next renaming to \($0)" } ?? "")
    case .fallsBehind(let id, let count, let losesPower):
      "\(Process.node(id)) falls behind; "
        + "\(losesPower ? "power cut" : "killed") \(count) changes after the renaming that ends its fetch"
    case .powerCut: "power cut everywhere"
    case .kill(let process): "kill \(process)"
    case .leave(let id): "stop \(Process.node(id)) in order"
    case .pause(let process): "pause \(process)"
    case .cut(let left, let right): "cut \(Self.names(left)) | \(Self.names(right))"
    case .cutOneWay(let from, let to): "cut \(from) → \(to)"
    case .stall(let from, let to): "what \(from) sends to \(to) waits"
    case .detour(let from, let shard):
      "what \(from) sends to the leader of shard \(shard.rawValue) waits while others lead"
    case .flap(let left, let right, let period):
      "cut \(Self.names(left)) | \(Self.names(right)) every \(Self.milliseconds(period))"
    case .unrest(let cutLasts): "leaders cut off for about \(Self.milliseconds(cutLasts))"
    case .quarrel(let shard): "leaders of shard \(shard.rawValue) cut off in turn"
    case .weather(let weather): "\(weather)"
    case .slowDisk(let id, let delay): "slow disk at \(Process.node(id)): \(Self.milliseconds(delay)) more"
    case .fullDisk(let id, let left): "full disk at \(Process.node(id)): \(left) bytes left"
    case .drift(let process, let ppm): "clock of \(process) off by \(ppm) ppm"
    case .wallJump(let number, let milliseconds):
      "wall clock of \(Process.coordinator(number)) jumps by \(milliseconds) ms"
    case .damage(let id, let damage, _): "\(damage.words) at \(Process.node(id))"
    case .drain(let id): "drain \(Process.node(id))"
    case .deafRegion(let deaf, let other):
      "cut \(SimulatedWorld.name(other)) → \(SimulatedWorld.name(deaf))"
    case .lonelyRegion(let number): "cut \(SimulatedWorld.name(number)) | other regions"
    case .weatherBetweenRegions(let weather): "between regions: \(weather)"
    case .elsewhere(let number, let fault): "in \(SimulatedWorld.name(number)): \(fault)"
    }
  }

  private static func names(_ processes: [Process]) -> String { processes.map(\.description).joined(separator: ",") }

  static func milliseconds(_ span: Span) -> String { "\(span.nanoseconds / 1_000_000) ms" }
}

extension Damage {
  var words: String {
    switch self {
    case .wipe: "empty disk"
    case .flippedBit: "flipped bit"
    case .corruptReads: "corrupt reads"
    case .misdirectedReads: "misdirected reads"
    case .lostWrites: "lost writes"
    case .errors: "disk errors"
    }
  }
}

/// A fault with its time, counted from the beginning of the faults, and how long it lasts.
public struct TimedFault: Hashable, Sendable, CustomStringConvertible {
  public var at: Span
  public var lasts: Span
  public var fault: Fault

  public init(at: Span, lasts: Span, _ fault: Fault) {
    self.at = at
    self.lasts = lasts
    self.fault = fault
  }

  public var description: String {
    "at \(Fault.milliseconds(at)) for \(Fault.milliseconds(lasts)): \(fault)"
  }
}

/// The faults of one run, by their beginnings.
public struct FaultSchedule: Hashable, Sendable {
  public var faults: [TimedFault]

  public init(_ faults: [TimedFault]) { self.faults = faults.sorted { $0.at < $1.at } }

  /// What has not begun when so much time has passed, counted from then.
  func rest(after passed: Span) -> FaultSchedule {
    FaultSchedule(
      faults.filter { $0.at > passed }.map { timed in
        var later = timed
        later.at = Span(nanoseconds: timed.at.nanoseconds - passed.nanoseconds)
        return later
      })
  }
}
