import Coordinator
import Environment
import Items
import Messages
import Simulation
import Testing

@Suite struct ScanScenarioTests {
  /// Whatever is written, flushed or elected meanwhile: an item that was acknowledged before a scan began appears in it
  /// exactly once, and nothing appears twice.
  @Test(arguments: UInt64(300)..<302) func aScanSeesEveryAcknowledgedItemOnce(seed: UInt64) throws {
    var options = SimulationOptions(seed: seed)
    options.lossPerMille = 5
    options.shards = 3
    let region = TestRegion(options)
    let table = try region.makeTable()
    let writers = (0..<4).map { InsertClient(region, table, $0) }
    for client in writers { client.next() }
    let scanner = ScanClient(region, table, writers)
    scanner.next()
    region.crashSometimes(4)
    for client in writers { client.isRunning = false }
    scanner.isRunning = false
    region.settle()
    #expect(scanner.violations == [])
    #expect(scanner.scans >= 5, "A thin run proves nothing.")
    #expect(scanner.pagesMost > 3)
    region.compareReplicas()
  }
}

/// Inserts new items and rewrites old ones.
private final class InsertClient {
  private(set) var acknowledged: [String] = []
  private(set) var sent = 0
  var isRunning = true
  private let region: TestRegion
  private let table: TableID
  private let number: Int

  init(_ region: TestRegion, _ table: TableID, _ number: Int) {
    self.region = region
    self.table = table
    self.number = number
  }

  func next() {
    guard isRunning else { return }
    sent += 1
    let known = acknowledged.isEmpty ? nil : acknowledged[Int(region.random.below(UInt64(acknowledged.count)))]
    let isNew = known == nil || sent % 3 != 0
    let text = isNew ? "item-\(number)-\(sent)" : known!
    let write = ItemWrite(
      key: key(table, text), action: .put(item(text, ["body": .binary([UInt8](repeating: 1, count: 100))])))
    region.cluster.submit(.write(write)) { [self] outcome in
      if case .written = outcome, isNew { acknowledged.append(text) }
      region.cluster.schedule(after: .milliseconds(8)) { [self] in next() }
    }
  }
}

/// Scans the table from end to end in small pages, again and again.
private final class ScanClient {
  private(set) var scans = 0
  private(set) var pagesMost = 0
  private(set) var violations: [String] = []
  var isRunning = true
  private let region: TestRegion
  private let table: TableID
  private let writers: [InsertClient]

  init(_ region: TestRegion, _ table: TableID, _ writers: [InsertClient]) {
    self.region = region
    self.table = table
    self.writers = writers
  }

  func next() {
    guard isRunning else { return }
    let all = RangeRead(
      lower: RowKey(table: table, hash: 0), upper: RowKey(table: TableID(table.rawValue + 1), hash: 0),
      consistent: true,
      pageBytesMax: 4_000)
    page(all, certain: writers.flatMap(\.acknowledged), seen: [], pages: 1)
  }

  private func page(_ read: RangeRead, certain: [String], seen: [String], pages: Int) {
    region.cluster.submit(.scan(read)) { [self] outcome in
      switch outcome {
      case .page(let page):
        var seen = seen
        for item in page.items {
          if case .string(let text)? = try? item.value(named: name("PK")) {
            seen.append(String(decoding: text, as: UTF8.self))
          }
        }
        guard let last = page.last else { return finished(certain, seen, pages) }
        var next = read
        next.lower = RowKey(bytes: last.bytes + [0])
        self.page(next, certain: certain, seen: seen, pages: pages + 1)
      case .failed: region.cluster.schedule(after: .milliseconds(20)) { [self] in next() }
      default: violations.append("a scan was answered with something else")
      }
    }
  }

  private func finished(_ certain: [String], _ seen: [String], _ pages: Int) {
    scans += 1
    pagesMost = max(pagesMost, pages)
    let found = Set(seen)
    if found.count != seen.count { violations.append("scan \(scans) shows \(seen.count - found.count) items twice") }
    let missing = certain.filter { !found.contains($0) }
    if !missing.isEmpty { violations.append("scan \(scans) lacks \(missing.count) of \(certain.count) items") }
    region.cluster.schedule(after: .milliseconds(20)) { [self] in next() }
  }
}
