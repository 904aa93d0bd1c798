internal import Environment
public import Raft

/// The whole store as it was at one entry, however long it is read: a read transaction and the overlay's generations
/// above it.
///
/// A flush that commits meanwhile changes nothing here: the transaction does not see it, and the generations stay in
/// memory while the view is open. Made and closed on the store's loop; in between one thread at a time may read it.
public final class StoreView {
  /// The entry whose state this is.
  public let applied: LogPosition
  private let trees: [OverlayTree]
  fileprivate let pinned: [UInt64]
  private weak var store: ShardStore?
  private var reader: FileSources?

  fileprivate init(_ store: ShardStore, _ reader: FileSources, pinned: [UInt64]) {
    applied = store.applied
    trees = store.generations
    self.pinned = pinned
    self.store = store
    self.reader = reader
  }

  public func get(_ key: [UInt8]) throws(StoreError) -> [UInt8]? {
    for tree in openTrees {
      switch tree.find(key) {
      case .value(let value): return value
      case .deleted: return nil
      case .absent: break
      }
    }
    return try openReader.get(key)
  }

  /// As ``ShardStore/scan(from:to:reverse:_:)``, of this view's state. To read in slices stop after some rows, and call
  /// again with bounds that start behind the last one.
  public func scan(
    from: [UInt8], to: [UInt8]?, reverse: Bool = false,
    _ body: (_ key: [UInt8], _ value: [UInt8]) throws -> ScanStep
  ) throws {
    try Scan.run(openTrees, openReader, from: from, to: to, reverse: reverse, body)
  }

  /// Lets go of what the view held. Once; a view dropped without it keeps its memory in the store's accounts.
  public func close() {
    guard let reader else { fatalError("A view was closed twice.") }
    self.reader = nil
    reader.reader.end()
    store?.closed(self, reader)
  }

  private var openReader: FileSources {
    guard let reader else { fatalError("A closed view was read.") }
    return reader
  }

  /// Newest first.
  private var openTrees: [OverlayTree] {
    #if GANTRY_PLANTS
      if Plants.planted == .overlayDroppedUnderView, let store {
        return trees.filter { tree in store.generations.contains { $0.root === tree.root } }
      }
    #endif
    return trees
  }
}

extension ShardStore {
  /// Pins the state as of ``applied``. Tens of microseconds; the first few open a connection each.
  public func view() throws(StoreError) -> StoreView {
    precondition(!isEntryOpen, "A view shows whole entries.")
    var reader: FileSources
    if let idle = idleReaders.popLast() {
      reader = idle
    } else {
      reader = FileSources(reader: try RowReader(vfs, path: path, cacheBytes: configuration.viewCacheBytes))
      reader.appended = openReader.appended.map { ($0.index, AppendedReader($0.reader.place)) }
    }
    try reader.reader.begin()
    if let index = openReader.appended?.index { reader.appended?.index = index }
    reader.isMixed = openReader.isMixed
    return StoreView(self, reader, pinned: pinGenerations())
  }

  private func pinGenerations() -> [UInt64] {
    var pinned: [UInt64] = []
    if !current.isEmpty || frozen != nil { Probes.hit(.viewPinsAnOverlay) }
    if !current.isEmpty || !appended.isEmpty || !unfinished.isEmpty {
      pins.add(currentGeneration, bytes: current.bytes + appendedBytes + unfinished.reduce(0) { $0 + $1.bytes })
      pinned.append(currentGeneration)
    }
    if let frozen {
      pins.add(frozen.number, bytes: frozen.tree.bytes)
      pinned.append(frozen.number)
    }
    return pinned
  }

  fileprivate func closed(_ view: StoreView, _ reader: FileSources) {
    var reader = reader
    // What it names stays on the disk.
    if let keys = reader.appended?.index.keys { reader.appended?.index = AppendedIndex(keys) }
    for generation in view.pinned { pins.remove(generation) }
    if idleReaders.count < configuration.viewConnectionsIdleMax { idleReaders.append(reader) }
  }
}
