import Benchmark
import Items

/// The codecs that every item passes: binary in the log, store and messages, JSON at the edge.
func measureItems() {
  let (map, encoded, json) = (SampleItem.map, SampleItem.encoded, SampleItem.json)
  Benchmark("Items: encode 512 B", configuration: .quick) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(EncodedItem(map)) }
  }
  Benchmark("Items: decode 512 B", configuration: .quick) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(must { try encoded.decode() }) }
  }
  Benchmark("Items: one attribute of 512 B", configuration: .quick) { benchmark in
    let name = SampleItem.name("status")
    for _ in benchmark.scaledIterations { blackHole(must { try encoded.value(named: name) }) }
  }
  Benchmark("Items: JSON to binary, 512 B", configuration: .quick) { benchmark in
    for _ in benchmark.scaledIterations {
      blackHole(must { try JSONReader.read(json) { (reader) throws(ItemError) in try reader.readItem() } })
    }
  }
  Benchmark("Items: binary to JSON, 512 B", configuration: .quick) { benchmark in
    for _ in benchmark.scaledIterations {
      var writer = JSONWriter(capacity: 1_024)
      must { try writer.item(encoded) }
      blackHole(writer.bytes)
    }
  }
}
