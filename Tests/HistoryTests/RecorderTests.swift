import History
import Testing

@Suite struct RecorderTests {
  @Test func whatHasNotEndedIsUnknownAndWhatWasDroppedIsGone() throws {
    let recorder = HistoryRecorder()
    let put = recorder.begin(client: "a", .put(1), keys: ["k"], at: 1)
    let read = recorder.begin(client: "b", .get, keys: ["k"], at: 2)
    let late = recorder.begin(client: "c", .delete, keys: ["k"], at: 3)
    let failed = recorder.begin(client: "d", .get, keys: ["k"], at: 4)
    _ = late
    recorder.end(read, .ok, output: .absent, at: 5)
    recorder.end(put, .ok, at: 6)
    recorder.drop(failed)
    #expect(
      recorder.entries() == [
        entry("a", .put(1), 1...6), entry("b", .get, .absent, 2...5),
        HistoryEntry(client: "c", .delete, keys: ["k"], invoked: 3, returned: nil, outcome: .unknown),
      ])
  }

  @Test func clientsMayRecordAtOnce() async throws {
    let recorder = HistoryRecorder()
    await withTaskGroup(of: Void.self) { group in
      for client in 0..<4 {
        group.addTask {
          for number in 0..<500 {
            let token = recorder.begin(client: "\(client)", .put(1), keys: ["k"], at: Int64(number))
            recorder.end(token, .ok, at: Int64(number) + 1)
          }
        }
      }
    }
    let entries = recorder.entries()
    #expect(entries.count == 2_000)
    #expect(entries.allSatisfy { $0.outcome == .ok })
  }
}
