/// Which blocks hold the rows of each strand, in order; a value, so that a view keeps its own.
///
/// Of a strand's rows those below its floor are gone. The floor is kept for as long as a file may hold some of them.
struct AppendedIndex {
  struct Strand {
    let id: [UInt8]
    /// The least key that may be there; empty: any.
    var floor: [UInt8] = []
    /// Ascending and apart.
    var runs: [AppendedRun] = []
    /// The newest file that holds a block of the strand, whether its rows are still there or not.
    var newestFile: UInt64 = 0
  }

  let keys: AppendedKeys
  /// Ascending.
  private(set) var strands: [Strand] = []
  /// Those whose rows are still there, by their files.
  private var liveRuns: [UInt64: Int] = [:]
  /// Ascending. What is written next goes into the last or behind it.
  private(set) var files: [AppendedFile] = []

  init(_ keys: AppendedKeys) { self.keys = keys }

  var isEmpty: Bool { strands.isEmpty }

  mutating func add(_ runs: [AppendedRun]) {
    for run in runs {
      if files.last.map({ $0.number < run.file.number }) ?? true { files.append(run.file) }
      let place = self.place(of: keys.strand(of: run.first))
      strands[place].newestFile = run.file.number
      // Its rows went while it was written.
      if compareBytes(run.last, strands[place].floor) < 0 { continue }
      strands[place].runs.append(run)
      liveRuns[run.file.number, default: 0] += 1
    }
  }

  /// Rows below `floor` of that strand are gone.
  mutating func raise(_ floor: [UInt8], of strand: [UInt8]) { raise(floor, at: place(of: strand)) }

  /// The strands from one key up to another are gone as a whole.
  mutating func remove(from: [UInt8], to: [UInt8]) {
    for place in strands.indices where isWithin(strands[place].id, from, to) { raise(to, at: place) }
  }

  private func isWithin(_ id: [UInt8], _ from: [UInt8], _ to: [UInt8]) -> Bool {
    compareBytes(from, id) <= 0 && compareBytes(id, to) < 0
  }

  private mutating func raise(_ floor: [UInt8], at place: Int) {
    guard compareBytes(strands[place].floor, floor) < 0 else { return }
    strands[place].floor = floor
    let gone = strands[place].runs.prefix { compareBytes($0.last, floor) < 0 }
    for run in gone { liveRuns[run.file.number, default: 0] -= 1 }
    strands[place].runs.removeFirst(gone.count)
  }

  private mutating func place(of id: [UInt8]) -> Int {
    let place = lowerBound(id)
    if place == strands.count || strands[place].id != id { strands.insert(Strand(id: id), at: place) }
    return place
  }

  /// The first strand whose id is not below `id`.
  func lowerBound(_ id: [UInt8]) -> Int {
    strands.countBefore { compareBytes($0.id, id) < 0 }
  }

  /// Takes out the files of which no row is left, but for the one that may still be written.
  mutating func takeDead() -> [AppendedFile] {
    let written = files.last?.number
    let dead = files.filter { $0.number != written && liveRuns[$0.number, default: 0] == 0 }
    for file in dead { liveRuns[file.number] = nil }
    files.removeAll { file in dead.contains { $0 === file } }
    let oldest = files.first?.number ?? .max
    strands.removeAll { $0.runs.isEmpty && $0.newestFile < oldest }
    return dead
  }

  /// What a start has to know besides the blocks.
  var floors: [AppendedManifest.Floor] {
    strands.compactMap { $0.floor.isEmpty ? nil : AppendedManifest.Floor(strand: $0.id, floor: $0.floor) }
  }
}

extension RandomAccessCollection where Index == Int {
  /// How many elements come first of which `isBefore` is true; of all behind them it is false.
  func countBefore(_ isBefore: (Element) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low - startIndex
  }
}
