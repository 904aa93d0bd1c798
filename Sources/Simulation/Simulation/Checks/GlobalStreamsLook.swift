import Catalog
import Coordinator
import Environment
import Messages
import Node

/// Asks every shard of each region whether the stream of the table with replicas still has all its records: also where
/// nobody but other regions writes, none is older than it is.
final class GlobalStreamsLook {
  private let world: SimulatedWorld
  private(set) var isDone = false
  private(set) var faults: [String] = []

  init(_ world: SimulatedWorld) { self.world = world }

  func begin() { ask(world.regions.indices.flatMap { number in shards(number).map { (number, $0) } }[...]) }

  private func shards(_ number: Int) -> [ShardID] {
    world.regions[number].coordinator(0)?.catalog.shardMap?.shards.map(\.id).sorted() ?? []
  }

  private func ask(_ rest: ArraySlice<(region: Int, shard: ShardID)>) {
    guard let (number, shard) = rest.first else {
      isDone = true
      return
    }
    let region = world.regions[number]
    guard let table = region.coordinator(0)?.catalog.table(named: GlobalTableCheck.table), let stream = table.openStream
    else { return ask(rest.dropFirst()) }
    let read = StreamRead(table: table.id, startedAtMs: stream.startedAtMs, start: .horizon, recordsMax: 1)
    region.submit(.stream(read, shard)) { [self] outcome in
      guard case .stream(let page) = outcome, let span = page.span else {
        return region.schedule(after: .milliseconds(200)) { [self] in ask(rest) }
      }
      if span.horizon > span.since, region.options.streamBytesMax == nil {
        faults.append("records of shard \(shard.rawValue) of \(SimulatedWorld.name(number)) are gone from its stream")
      }
      ask(rest.dropFirst())
    }
  }
}
