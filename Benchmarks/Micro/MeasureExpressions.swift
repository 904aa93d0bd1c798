import Benchmark
import Expressions
import Items

private let conditionText = SampleItem.name(
  "attribute_exists(PK) AND (#status = :old OR priority > :low) AND begins_with(SK, :prefix)")
private let updateText = SampleItem.name(
  "SET #status = :new, attempts = attempts + :one REMOVE isPortable ADD tags :tag")

private func context(_ values: KeyValuePairs<String, AttributeValue>) -> ExpressionContext {
  must {
    try ExpressionContext(
      names: [(placeholder: SampleItem.name("#status"), name: SampleItem.name("status"))],
      values: AttributeMap(values.map { .init(name: SampleItem.name($0.key), value: $0.value) }))
  }
}

/// Parsing happens at the coordinator, evaluation at the leader of a shard.
func measureExpressions() {
  let forCondition = context([":old": .text("SCHEDULED"), ":low": .number(Number(1)), ":prefix": .text("ORDER#")])
  let forUpdate = context([
    ":new": .text("COMPLETED"), ":one": .number(Number(1)), ":tag": .stringSet([SampleItem.name("done")]),
  ])
  @Sendable func condition() -> Condition {
    must {
      var context = forCondition
      return try Condition.parse(conditionText, role: .condition, context: &context)
    }
  }
  @Sendable func update() -> UpdateExpression {
    must {
      var context = forUpdate
      return try UpdateExpression.parse(updateText, context: &context)
    }
  }
  let (parsedCondition, parsedUpdate) = (condition(), update())
  let (map, encoded) = (SampleItem.map, SampleItem.encoded)
  guard must({ try parsedCondition.evaluate(encoded) }) else { fatalError("The measured condition must hold.") }

  Benchmark("Expressions: parse a condition", configuration: .quick) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(condition()) }
  }
  Benchmark("Expressions: parse an update", configuration: .quick) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(update()) }
  }
  Benchmark("Expressions: evaluate a condition on 512 B", configuration: .quick) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(must { try parsedCondition.evaluate(encoded) }) }
  }
  Benchmark("Expressions: apply an update to 512 B", configuration: .quick) { benchmark in
    for _ in benchmark.scaledIterations { blackHole(must { try parsedUpdate.apply(to: map) }) }
  }
}
