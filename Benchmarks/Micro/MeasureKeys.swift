import Benchmark
import Items
import Messages

/// The key of a row: table, hash, partition and sort component.
func measureKeys() {
  let table = TableID(7)
  let partition = AttributeValue.text("PATIENT#0000004711")
  let sort = AttributeValue.text("ORDER#2026-01-15T09:30:00Z#000042")
  let number = AttributeValue.number(Number(1_234_567_890))
  Benchmark("Keys: row key of two strings", configuration: .quick) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(RowKey(table: table, partition: partition, sort: sort)) }
  }
  Benchmark("Keys: row key of two numbers", configuration: .quick) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(RowKey(table: table, partition: number, sort: number)) }
  }
}
