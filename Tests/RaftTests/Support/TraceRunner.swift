import Environment

@testable import Raft

/// Runs the commands of a trace file and writes down what the hosts did after each.
///
/// | command | meaning |
/// | --- | --- |
/// | `nodes 3` | starts voters 1…3 |
/// | `blank 4` | starts a replica that knows nobody |
/// | `set NAME VALUE` | a bound of the configuration, before `nodes` |
/// | `elect 1` | time jumps to the replica's deadline, and only it notices |
/// | `advance 300ms` / `run 300ms` | time passes at all replicas, without / with delivery of messages |
/// | `wait 300ms` | time passes, and no replica notices |
/// | `deliver` / `deliver 1->2` / `lose 1->2` | everything, one link's waiting messages once, or they (or `all`) vanish |
/// | `cut 1->2`, `isolate 1`, `heal` | links that lose everything from now on |
/// | `hold 1`, `sync 1`, `release 1` | writes wait for `sync` |
/// | `propose 1 text`, `read 1 7`, `transfer 1 2`, `members 1 voters 1 2 learners 4` | inputs at a replica |
/// | `died 2 1` | 2 is told that the process of the leader 1 is gone |
/// | `crash 2 lose-unsynced` / `crash 2` / `restart 2` | without / with the unsynced writes on the disk |
/// | `compact 1 5`, `install 3 1` | checkpoint and drop the log through 5; 3 takes over the state of 1 |
/// | `status` | one line a replica |
/// | `quiet` / `verbose` | leaves heartbeats and their answers out, or not |
final class TraceRunner {
  private let group = Group(seed: 1)
  private var lines: [String] = []
  private var isQuiet = false

  init() {
    group.observe = { [unowned self] host, event in
      if let line = describe(event) { lines.append("  \(host.id.rawValue) \(line)") }
    }
  }

  /// Comments and commands of `text`, each command followed by its trace.
  func run(_ text: String) -> String {
    var output: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#") { output.append(String(line)) }
      guard line.hasPrefix("> ") else { continue }
      lines = []
      perform(line.dropFirst(2).split(separator: " ").map(String.init))
      if output.last?.hasPrefix("#") == false { output.append("") }
      output.append(String(line))
      output += lines
    }
    return output.joined(separator: "\n") + "\n"
  }

  private func perform(_ words: [String]) {
    let arguments = Array(words.dropFirst())
    switch words[0] {
    case "nodes": startNodes(UInt64(arguments[0])!)
    case "blank": group.add(UInt64(arguments[0])!, membership: .none)
    case "set": set(arguments[0], Int(arguments[1])!)
    case "quiet": isQuiet = true
    case "verbose": isQuiet = false
    case "advance": group.advance(span(arguments[0]), delivers: false)
    case "wait": group.now = group.now + span(arguments[0])
    case "run": group.advance(span(arguments[0]), delivers: true)
    case "deliver": deliver(arguments.first)
    case "lose" where arguments == ["all"]: group.network = []
    case "lose": group.network.removeAll { link($0) == arguments[0] }
    case "cut": group.cut.insert(arguments[0].split(separator: "-").map { id($0.filter { $0 != ">" }) })
    case "isolate": isolate(id(arguments[0]))
    case "heal": group.cut = []
    case "status": status()
    default: performAtHost(words[0], host(arguments[0]), Array(arguments.dropFirst()))
    }
  }

  private func performAtHost(_ command: String, _ host: Host, _ arguments: [String]) {
    switch command {
    case "elect":
      group.now = max(group.now, host.due)
      host.raft!.tick(group.reading(host))
    case "hold": host.isSyncHeld = true
    case "sync": group.sync(host, count: host.writes.count)
    case "release":
      host.isSyncHeld = false
      group.sync(host, count: host.writes.count)
    case "propose":
      let position = host.raft!.propose(Array(arguments[0].utf8))
      lines.append("  \(host.id.rawValue) \(position.map { "proposes \(text($0))" } ?? "refuses to propose")")
    case "read":
      if !host.raft!.requestRead(UInt64(arguments[0])!, now: group.reading(host)) {
        lines.append("  \(host.id.rawValue) refuses")
      }
    case "transfer":
      if !host.raft!.transferLeadership(to: id(arguments[0]), now: group.reading(host)) {
        lines.append("  \(host.id.rawValue) refuses")
      }
    case "members": proposeMembership(host, arguments)
    case "died":
      let term = host.raft!.term
      host.raft!.leaderDied(id(arguments[0]), term: term, now: group.reading(host))
    case "crash": host.crash(surviving: arguments == ["lose-unsynced"] ? 0 : host.writes.count)
    case "restart": group.start(host)
    case "compact": host.compact(through: UInt64(arguments[0])!)
    case "install":
      let position = host.installSnapshot(from: self.host(arguments[0]))
      lines.append("  \(host.id.rawValue) \(position.map { "installs \(text($0))" } ?? "installs nothing")")
    default: fatalError("A trace has the unknown command \(command).")
    }
    group.process(host)
  }

  private func startNodes(_ count: UInt64) {
    let membership = Membership(voters: (1...count).map { ReplicaID($0) })
    for id in 1...count { group.add(id, membership: membership) }
  }

  private func set(_ name: String, _ value: Int) {
    switch name {
    case "appendBytesMax": group.configuration.appendBytesMax = value
    case "entryCacheBytesMax": group.configuration.entryCacheBytesMax = value
    case "inflightAppendsMax": group.configuration.inflightAppendsMax = value
    default: fatalError("A trace sets the unknown bound \(name).")
    }
  }

  private func deliver(_ link: String?) {
    guard let link else { return group.deliverAll() }
    let chosen = group.network.filter { self.link($0) == link }
    group.network.removeAll { self.link($0) == link }
    for message in chosen { group.deliver(message) }
  }

  private func isolate(_ id: ReplicaID) {
    for other in group.hosts where other.id != id {
      group.cut.insert([id, other.id])
      group.cut.insert([other.id, id])
    }
  }

  private func proposeMembership(_ host: Host, _ arguments: [String]) {
    let parts = arguments.split(separator: "learners", omittingEmptySubsequences: false)
    let voters = parts[0].dropFirst().map { id($0) }
    let learners = parts.count > 1 ? parts[1].map { id($0) } : []
    do {
      let position = try host.raft!.proposeMembership(voters: voters, learners: learners)
      lines.append("  \(host.id.rawValue) proposes \(text(position))")
    } catch {
      lines.append("  \(host.id.rawValue) refuses: \(error)")
    }
  }

  private func status() {
    for host in group.hosts {
      guard let raft = host.raft else {
        lines.append("  \(host.id.rawValue) down")
        continue
      }
      let leader = raft.leader.map { "\($0.rawValue)" } ?? "-"
      lines.append(
        "  \(host.id.rawValue) \(raft.role) term \(raft.term) leader \(leader) log \(text(raft.compacted))…"
          + "\(text(raft.last)) commit \(raft.commit) applied \(raft.applied)")
      for peer in raft.peers where peer.id != host.id {
        lines.append("    \(peer.id.rawValue) \(peer.state) match \(peer.match) next \(peer.next)")
      }
    }
  }

  private func describe(_ event: Group.Event) -> String? {
    if case .sent(let message, _) = event, isQuiet {
      switch message.body {
      case .heartbeat, .heartbeatAnswer: return nil
      default: break
      }
    }
    return text(event)
  }

  private func host(_ word: String) -> Host { group.host(id(word))! }
  private func id(_ word: some StringProtocol) -> ReplicaID { ReplicaID(UInt64(word)!) }
  private func span(_ word: String) -> Span { .milliseconds(UInt64(word.dropLast(2))!) }
  private func link(_ message: Message) -> String { "\(message.from.rawValue)->\(message.to.rawValue)" }
}
