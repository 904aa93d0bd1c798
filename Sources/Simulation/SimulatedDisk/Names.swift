/// Which names exist: now, and after a power cut.
struct Names {
  private enum Change {
    case create(path: String, StoredFile)
    case remove(path: String)
    case rename(from: String, to: String)

    /// The directories whose sync makes it durable.
    var directories: [String] {
      switch self {
      case .create(let path, _), .remove(let path): [parentPath(path)]
      case .rename(let from, let to): [parentPath(from), parentPath(to)]
      }
    }
  }

  private(set) var current: [String: StoredFile] = [:]
  private(set) var durable: [String: StoredFile] = [:]
  private var unsynced: [Change] = []

  mutating func create(_ path: String) -> StoredFile {
    let file = StoredFile()
    perform(.create(path: path, file))
    return file
  }

  mutating func remove(_ path: String) { perform(.remove(path: path)) }

  mutating func rename(_ from: String, to: String) { perform(.rename(from: from, to: to)) }

  mutating func sync(directory: String) {
    let synced = unsynced.filter { $0.directories.contains(directory) }
    unsynced.removeAll { $0.directories.contains(directory) }
    for change in synced { Self.apply(change, to: &durable) }
  }

  /// Keeps the first `kept` of the changes that no directory sync covered: file systems log names in order.
  mutating func crash(keeping kept: Int) {
    for change in unsynced.prefix(kept) { Self.apply(change, to: &durable) }
    unsynced = []
    current = durable
  }

  var unsyncedCount: Int { unsynced.count }

  /// The same names over copies of the files.
  func copy() -> Names {
    var copies: [ObjectIdentifier: StoredFile] = [:]
    func copied(_ file: StoredFile) -> StoredFile {
      if let known = copies[ObjectIdentifier(file)] { return known }
      let made = StoredFile(copying: file)
      copies[ObjectIdentifier(file)] = made
      return made
    }
    var names = Names()
    names.current = current.mapValues(copied)
    names.durable = durable.mapValues(copied)
    names.unsynced = unsynced.map { change in
      if case .create(let path, let file) = change { .create(path: path, copied(file)) } else { change }
    }
    return names
  }

  private mutating func perform(_ change: Change) {
    Self.apply(change, to: &current)
    unsynced.append(change)
  }

  private static func apply(_ change: Change, to names: inout [String: StoredFile]) {
    switch change {
    case .create(let path, let file): names[path] = file
    case .remove(let path): names[path] = nil
    case .rename(let from, let to):
      // After a power cut the name may never have reached the disk.
      if let file = names.removeValue(forKey: from) { names[to] = file }
    }
  }
}

func parentPath(_ path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
