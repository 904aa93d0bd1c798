import Catalog
import Environment
import Messages
import Raft
import Replicas
import Shards

/// Lets the shards that a node leads forget the traces of removed items, once no region can need them any more: looks
/// through a table's versions in slices, asks every shard of every other region for its mark, and proposes what may go.
/// It keeps nothing that a next leader does not find out again.
struct TraceKeeper {
  fileprivate struct Led {
    var passes: [Pass] = []
  }

  /// One table of one shard.
  fileprivate struct Pass {
    var table: TableID
    var regions: [String]
    /// The shard's count of removals when the look through began; nil before the first.
    var seen: UInt64?
    var next: [UInt8]?
    var traces: [Trace] = []
    /// While traces wait for marks.
    var marks: Marks?
    var restsUntil = Instant.zero
  }

  fileprivate struct Marks {
    var time: UInt64
    /// What this shard's own feed had to bring everywhere when the traces were listed.
    var end: UInt64
    var others: [Other]
  }

  /// A shard of another region.
  fileprivate struct Other {
    var region: String
    var shard: ShardID
    /// The end of its feed once its clock had reached the time.
    var end: UInt64?
    var isSettled = false
    var request: UInt64?
    var askedAt = Instant.zero
  }

  private var led = LedShards<Led>()
  /// Traces that this node's leaders let their shards forget.
  private(set) var forgotten: UInt64 = 0

  private static let rowsAtOnce: UInt32 = 128
  private static let tracesMax = 1_024
  private static let tracesOfOneEntry = 128
  /// Or half of it: what ``Span/uneven(_:)`` says.
  private static let askInterval = Span.milliseconds(400)

  /// What a pass needs to know of the other regions.
  struct Surroundings {
    /// Between two looks through a table.
    var rest: Span
    /// The shards of a region, and the table's number there; nil while that is not known.
    var place: (_ region: String, _ table: [UInt8]) -> RegionSender.Place?
    /// Sends a question and names it.
    var ask: (_ region: String, _ shard: ShardID, _ operation: Operation) -> UInt64
  }

  /// To be called every 10 to 20 ms. True where that left something for the replicas to do.
  mutating func tick(_ replicas: [Replica], _ surroundings: Surroundings, now: Instant) -> Bool {
    led.keep(replicas) { $0.shard?.replicatedTables.isEmpty == false }
    var hasProposed = false
    for replica in replicas {
      guard let shard = replica.shard, !shard.replicatedTables.isEmpty, replica.isServing else { continue }
      let place = led.place(of: replica, new: Led())
      Self.follow(shard, &led[place])
      for pass in led[place].passes.indices {
        let count = Self.step(&led[place].passes[pass], replica, shard, surroundings, now: now)
        forgotten += UInt64(count)
        hasProposed = hasProposed || count > 0
      }
    }
    return hasProposed
  }

  /// A pass stands for one set of regions: another one begins anew.
  private static func follow(_ shard: ShardMachine, _ led: inout Led) {
    led.passes.removeAll { pass in shard.settings(of: pass.table)?.replication?.others != pass.regions }
    for table in shard.replicatedTables where !led.passes.contains(where: { $0.table == table }) {
      guard let regions = shard.settings(of: table)?.replication?.others else { continue }
      led.passes.append(Pass(table: table, regions: regions))
    }
  }

  /// Returns how many traces it proposed to forget.
  private static func step(
    _ pass: inout Pass, _ replica: Replica, _ shard: ShardMachine, _ surroundings: Surroundings, now: Instant
  ) -> Int {
    if pass.marks != nil {
      guard isSettled(&pass, shard, surroundings, now: now) else { return 0 }
      let count = propose(&pass, replica)
      if pass.marks == nil, pass.next == nil { pass.restsUntil = now + surroundings.rest }
      return count
    }
    guard pass.restsUntil <= now else { return 0 }
    if pass.next == nil, pass.traces.isEmpty {
      let removals = shard.removals(in: pass.table)
      guard pass.seen != removals else { return 0 }
      pass.seen = removals
    }
    look(&pass, shard, surroundings, now: now)
    return 0
  }

  private static func look(
    _ pass: inout Pass, _ shard: ShardMachine, _ surroundings: Surroundings, now: Instant
  ) {
    // A store that cannot be read says so wherever else it is read.
    guard let slice = try? shard.traces(of: pass.table, after: pass.next, rowsMax: rowsAtOnce) else { return }
    pass.traces += slice.traces
    pass.next = slice.next
    guard slice.next == nil || pass.traces.count >= tracesMax else { return }
    guard let time = pass.traces.map(\.versions.rest.time).max(), let own = shard.mark(of: pass.table) else {
      pass.restsUntil = now + surroundings.rest
      return
    }
    pass.marks = Marks(time: time, end: own.end, others: [])
  }

  /// Whether every mark has passed what the traces need.
  private static func isSettled(
    _ pass: inout Pass, _ shard: ShardMachine, _ surroundings: Surroundings, now: Instant
  ) -> Bool {
    guard var marks = pass.marks, let replication = shard.settings(of: pass.table)?.replication,
      let own = shard.mark(of: pass.table), own.settled >= marks.end
    else { return false }
    #if GANTRY_PLANTS
      if Plants.planted == .tombstoneDroppedEarly { return true }
    #endif
    defer { pass.marks = marks }
    var isSettled = true
    for region in replication.others {
      guard let place = surroundings.place(region, replication.table) else { return false }
      for shard in place.map.shards.map(\.id) {
        let known = marks.others.firstIndex { $0.region == region && $0.shard == shard }
        let at = known ?? marks.others.count
        if known == nil { marks.others.append(Other(region: region, shard: shard)) }
        guard !marks.others[at].isSettled else { continue }
        isSettled = false
        if let request = marks.others[at].request, now.since(marks.others[at].askedAt) < askInterval.uneven(request) {
          continue
        }
        let read = RegionMarkRead(table: place.table, region: replication.region, time: marks.time)
        marks.others[at].request = surroundings.ask(region, shard, .regionMark(read))
        marks.others[at].askedAt = now
      }
    }
    return isSettled
  }

  private static func propose(_ pass: inout Pass, _ replica: Replica) -> Int {
    let traces = Array(pass.traces.prefix(tracesOfOneEntry))
    guard replica.propose(.forgetTraces(ForgottenTraces(table: pass.table, traces: traces))) else { return 0 }
    pass.traces.removeFirst(traces.count)
    if pass.traces.isEmpty { pass.marks = nil }
    return traces.count
  }

  /// Which shard a question went to; nil where it is none of these.
  func shard(of request: UInt64, in region: String) -> ShardID? {
    for one in led {
      for pass in one.passes {
        if let other = pass.marks?.others.first(where: { $0.request == request && $0.region == region }) {
          return other.shard
        }
      }
    }
    return nil
  }

  mutating func answered(_ request: UInt64, _ answer: Answer) {
    guard case .mark(let mark) = answer else { return }
    for place in led.indices { Self.take(mark, request, &led[place]) }
  }

  private static func take(_ mark: RegionMark, _ request: UInt64, _ led: inout Led) {
    for pass in led.passes.indices {
      guard let time = led.passes[pass].marks?.time,
        let at = led.passes[pass].marks?.others.firstIndex(where: { $0.request == request })
      else { continue }
      led.passes[pass].marks?.others[at].take(mark, time)
    }
  }
}

extension TraceKeeper.Other {
  /// The first mark whose clock has reached the time says how far the feed has to be settled.
  fileprivate mutating func take(_ mark: RegionMark, _ time: UInt64) {
    guard mark.clock >= time else { return }
    let needed = end ?? mark.end
    end = needed
    isSettled = mark.settled >= needed
  }
}
