internal import Client
internal import Items

/// Looks for the rows at the end.
extension Ledger {
  /// Rows of which no read told whether they are there.
  struct Unread: Sendable, Equatable {
    var count: Int
    /// Why not, at last.
    var reason: String
  }

  struct Finding: Sendable, Equatable {
    /// Rows that are gone, in the order of their acknowledgements.
    var missing: [String] = []
    var unread: Unread?
  }

  private struct Answer: Sendable {
    var found: [String] = []
    var unread: [String] = []
    var reason: String?
  }

  private static let batch = 100
  private static let readersAtOnce = 8
  /// How long rows are looked for that no answer tells of.
  private static let patience = Duration.seconds(20)

  /// Asks for every acknowledged row by strong reads.
  func look() async -> Finding {
    let acknowledged = acknowledgedRows
    let deadline = ContinuousClock.now + Self.patience
    let answers = await withTaskGroup(of: [Answer].self) { group in
      for reader in 0..<Self.readersAtOnce {
        group.addTask {
          var answers: [Answer] = []
          let step = Self.batch * Self.readersAtOnce
          for start in stride(from: reader * Self.batch, to: acknowledged.count, by: step) {
            let ids = Array(acknowledged[start..<min(start + Self.batch, acknowledged.count)])
            answers.append(await self.read(ids, until: deadline))
          }
          return answers
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    return finding(answers, acknowledged)
  }

  private func finding(_ answers: [Answer], _ acknowledged: [String]) -> Finding {
    let unread = answers.reduce(0) { $0 + $1.unread.count }
    let known = Set(answers.flatMap(\.found) + answers.flatMap(\.unread))
    return Finding(
      missing: acknowledged.filter { !known.contains($0) },
      unread: unread > 0 ? Unread(count: unread, reason: answers.compactMap(\.reason).first ?? "") : nil)
  }

  /// Asks again for what an answer leaves out, and at the next endpoint where there is none.
  private func read(_ ids: [String], until deadline: ContinuousClock.Instant) async -> Answer {
    var answer = Answer(unread: ids)
    var attempt = 0
    repeat {
      do {
        let (found, left) = try await read(answer.unread, by: readers[attempt % readers.count])
        answer.found += found
        answer.unread = left
        answer.reason = left.isEmpty ? nil : "strong reads leave them unprocessed"
      } catch {
        answer.reason = "\(error)"
      }
      attempt += 1
      if !answer.unread.isEmpty { try? await Task.sleep(for: .milliseconds(50)) }
    } while !answer.unread.isEmpty && ContinuousClock.now < deadline
    return answer
  }

  private func read(_ ids: [String], by reader: DynamoClient) async throws -> (found: [String], unprocessed: [String]) {
    let keys = ids.map { #"{"id":{"S":"\#($0)"}}"# }.joined(separator: ",")
    let body = #"{"RequestItems":{"\#(Self.table)":{"ConsistentRead":true,"Keys":[\#(keys)]}}}"#
    let answer = try JSONValue(parsing: try await reader.call("BatchGetItem", body: Array(body.utf8)))
    let found = answer["Responses"]?["gantry-drill-ledger"]?.elements ?? []
    let left = answer["UnprocessedKeys"]?["gantry-drill-ledger"]?["Keys"]?.elements ?? []
    let id = { (item: JSONValue) in item["id"]?["S"]?.text }
    return (found.compactMap(id), left.compactMap(id))
  }
}
