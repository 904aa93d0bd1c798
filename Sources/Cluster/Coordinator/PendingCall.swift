import Catalog
import Environment
import Messages

/// A call under way: where it stands and what to do with the next answer.
struct PendingCall {
  /// What the current request to a shard is for.
  enum Stage {
    case single
    /// The part of a scan that is still to be read, and what was read so far.
    case scan(rest: RangeRead, collected: RangePage)
    /// The table was accepted; its catalog is read again until every shard serves it.
    case awaitActive(Table)
    /// The alteration was accepted; the catalog is read again until every shard has followed.
    case awaitFollowed(Table)
    /// The table was marked; its catalog is read again until every shard dropped it, so that a client that polls finds it
    /// gone at its first look.
    case awaitGone(Table)
    /// The catalog is read once more so that this coordinator sees why a change was refused.
    case awaitCatalog(CatalogOutcome)
  }

  let token: UInt64
  let call: Call
  let deadline: Instant
  var stage: Stage
  var shard: ShardID
  /// The last request that was sent for it, nil while it waits to be sent again.
  var request: UInt64?
  var sentTo: NodeID?
  /// Given when a change is first sent, and kept when it is sent again.
  var stamp: OperationStamp?
  /// A request for this change was sent and its answer lost: it may have been, or may still be, applied.
  var isInDoubt = false
  /// Requests that were answered by no leader, one after the other.
  var misses: UInt32 = 0

  init(token: UInt64, call: Call, deadline: Instant, stage: Stage, shard: ShardID) {
    self.token = token
    self.call = call
    self.deadline = deadline
    self.stage = stage
    self.shard = shard
  }

  /// True where a lost answer leaves open whether something changed.
  var changesState: Bool {
    switch (call, stage) {
    case (.write, _), (.createTable, .single), (.alterTable, .single), (.deleteTable, .single): true
    default: false
    }
  }

  /// True for a read that any replica may answer which is not too far behind.
  var isEventual: Bool {
    switch call {
    case .get(_, let consistent): !consistent
    case .query(let range), .scan(let range): !range.consistent && !range.prefersLeader
    case .sizes: true
    case .write, .stream, .createTable, .alterTable, .deleteTable, .refreshCatalog: false
    }
  }

  /// What was asked for is done; the call only waits to see it everywhere.
  var isAccepted: Bool {
    switch stage {
    case .awaitActive, .awaitFollowed, .awaitGone, .awaitCatalog: true
    case .single, .scan: false
    }
  }

  /// `version` is that of the catalog already here.
  func operation(knowing version: UInt64) -> Operation {
    switch stage {
    case .scan(let rest, _): return .range(rest)
    case .awaitActive, .awaitFollowed, .awaitGone, .awaitCatalog: return .catalogRead(version: version)
    case .single: break
    }
    switch call {
    case .write(let write): return .write(write)
    case .get(let key, let consistent): return .get(key, consistent: consistent)
    case .query(let range), .scan(let range): return .range(range)
    case .stream(let read, _): return .stream(read)
    case .sizes(let tables, _): return .sizes(tables)
    case .createTable(let definition, let createdAtMs, let uniqueID):
      let command = CatalogCommand.createTable(definition, createdAtMs: createdAtMs, uniqueID: uniqueID)
      return .catalogCommand(command.encode())
    case .alterTable(let alteration): return .catalogCommand(CatalogCommand.alterTable(alteration).encode())
    case .deleteTable(let name): return .catalogCommand(CatalogCommand.deleteTable(name: name).encode())
    case .refreshCatalog: return .catalogRead(version: version)
    }
  }
}
