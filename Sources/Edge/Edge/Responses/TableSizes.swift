internal import Catalog
internal import Coordinator
internal import Messages

/// How much a table and its indexes hold, over all shards.
struct TableSizes {
  var table = TableSize()
  var indexes: [TableID: TableSize] = [:]
}

extension Exchange {
  /// Answers with one table under `member`, with its sizes.
  func succeedWithSizes(_ member: StaticString, _ table: Table) {
    sizes(of: table) { [self] in succeed(member, table, $0) }
  }

  /// Asks each shard what it last counted. A shard that nobody answers for, or that has not counted yet, adds nothing:
  /// DynamoDB's figures are as old as six hours, and a description is no reason to fail.
  private func sizes(of table: Table, _ body: @escaping (TableSizes) -> Void) {
    let ids = [table.id] + table.indexes.map(\.id)
    let serves = table.status == .active || table.status == .updating
    let shards = serves ? service.target.catalog.shardMap?.shards.map(\.id) ?? [] : []
    gather(shards.map { .sizes(ids, $0) }) { outcomes in
      var sum = TableSizes()
      for case .sizes(let sizes) in outcomes {
        for (id, size) in zip(ids, sizes) {
          if id == table.id { sum.table += size } else { sum.indexes[id, default: TableSize()] += size }
        }
      }
      body(sum)
    }
  }
}
