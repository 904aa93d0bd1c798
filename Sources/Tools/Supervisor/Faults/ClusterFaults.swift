/// The links of a cluster that are cut, slow or lossy, the clocks that are off, the disks that are
/// full or slow, and what each process has to know of it.
///
/// Both ends of a cut link are told, and each holds back both what it sends and what it receives: while one end cannot
/// be told, because it is down or paused, the other enforces the cut alone.
struct ClusterFaults: Equatable, Sendable {
  struct OneWay: Equatable, Sendable {
    var from: String
    var to: String
  }

  /// What one process must do with its links to a peer.
  struct Cut: Equatable, Sendable {
    var peer: String
    var sending: Bool
    var receiving: Bool
  }

  /// Nothing passes between the groups; a process in none of them keeps all its links. Empty: no partition.
  var partition: [[String]] = []
  /// What `from` sends does not reach `to`.
  var isolated: [OneWay] = []
  /// Slow and lossy links, as commands made them.
  var impairments: [LinkImpairment] = []
  /// In the order of the commands; each process once.
  var clocks: [Clock] = []
  /// Ways between regions that changes of tables do not go.
  var pauses: [ReplicationPause] = []
  /// In the order of the commands; each node once.
  var disks: [DiskImpairment] = []
  /// What the topology says of the links between regions. No fault: it stays.
  var links: [LinkImpairment] = []

  struct Clock: Equatable, Sendable {
    var name: String
    /// Added to the wall clock.
    var offsetMs: Int
  }

  /// Whether no command changed anything.
  var isEmpty: Bool { areLinksWhole && clocks.isEmpty && pauses.isEmpty && disks.isEmpty }
  var areLinksWhole: Bool { partition.isEmpty && isolated.isEmpty && impairments.isEmpty }

  /// A partition replaces the former one, a delay or loss the former one of the same groups; all else comes on top.
  mutating func apply(_ change: FaultChange) {
    switch change {
    case .partition(let groups): partition = groups
    case .isolate(let from, let to):
      let cut = OneWay(from: from, to: to)
      if !isolated.contains(cut) { isolated.append(cut) }
    case .impair(let impairment):
      impairments.removeAll { former in
        former.groups == impairment.groups && (former.delay == nil) == (impairment.delay == nil)
      }
      impairments.append(impairment)
    case .clock(let names, let offsetMs):
      clocks.removeAll { names.contains($0.name) }
      if offsetMs != 0 { clocks += names.map { Clock(name: $0, offsetMs: offsetMs) } }
    case .pauseReplication(let ways): pauses += ways.filter { !pauses.contains($0) }
    case .resumeReplication(let ways):
      pauses.removeAll { pause in
        ways.contains { $0.from == pause.from && $0.to == pause.to && ($0.table ?? pause.table) == pause.table }
      }
    case .disks(let changed):
      disks.removeAll { former in changed.contains { $0.name == former.name } }
      disks += changed.filter { $0.isFull || $0.syncDelayMs > 0 }
    case .heal: (partition, isolated, impairments) = ([], [], [])
    }
  }

  /// One entry a peer, in the order of the faults.
  func cuts(of name: String) -> [Cut] {
    var cuts: [Cut] = []
    func add(_ peer: String, sending: Bool, receiving: Bool) {
      if let index = cuts.firstIndex(where: { $0.peer == peer }) {
        cuts[index].sending = cuts[index].sending || sending
        cuts[index].receiving = cuts[index].receiving || receiving
      } else {
        cuts.append(Cut(peer: peer, sending: sending, receiving: receiving))
      }
    }
    if partition.contains(where: { $0.contains(name) }) {
      for group in partition where !group.contains(name) {
        for peer in group { add(peer, sending: true, receiving: true) }
      }
    }
    for cut in isolated {
      if cut.from == name { add(cut.to, sending: true, receiving: false) }
      if cut.to == name { add(cut.from, sending: false, receiving: true) }
    }
    return cuts
  }

  /// For people; empty where no command changed anything.
  var text: String {
    var parts: [String] = []
    if !partition.isEmpty {
      parts.append("partition " + partition.map { $0.joined(separator: ",") }.joined(separator: " | "))
    }
    parts += isolated.map { "nothing from \($0.from) reaches \($0.to)" }
    parts += impairments.map(\.text)
    parts += clocks.map { "\($0.name)'s clock is off by \($0.offsetMs) ms" }
    parts += pauses.map(\.text)
    parts += disks.map(\.text)
    return parts.joined(separator: "; ")
  }
}
