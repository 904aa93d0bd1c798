/// One call of a file or disk, as the hook before it sees it.
public enum DiskOperation: Hashable, Sendable {
  case open(path: String, create: Bool)
  case read(path: String, offset: UInt64, count: Int)
  case write(path: String, offset: UInt64, count: Int)
  case sync(path: String)
  case size(path: String)
  case truncate(path: String, size: UInt64)
  case remove(path: String)
  case rename(from: String, to: String)
  case list(path: String)
  case exists(path: String)
  case createDirectory(path: String)
  case syncDirectory(path: String)
  case lock(path: String)

  /// Whether it changes what a restart may find; the points at which a crash test has to stop.
  public var isChange: Bool {
    switch self {
    case .open(_, let create): create
    case .write, .sync, .truncate, .remove, .rename, .createDirectory, .syncDirectory: true
    case .read, .size, .list, .exists, .lock: false
    }
  }
}

/// How often a simulated disk was asked for what since it was made.
public struct DiskCounters: Equatable, Sendable {
  /// Every operation, also those that failed.
  public var operations = 0
  public var reads = 0
  public var bytesRead = 0
  public var writes = 0
  public var bytesWritten = 0
  public var syncs = 0
  public var directorySyncs = 0
  public var opens = 0
  public var renames = 0
  public var removals = 0
  /// How many went wrong by order of ``SimulatedDisk/failOperation(_:with:)-(Int,DiskFault)``.
  public var faults = 0

  mutating func count(_ operation: DiskOperation) {
    switch operation {
    case .open, .lock: opens += 1
    case .read(_, _, let count):
      reads += 1
      bytesRead += count
    case .write(_, _, let count):
      writes += 1
      bytesWritten += count
    case .sync: syncs += 1
    case .syncDirectory: directorySyncs += 1
    case .rename: renames += 1
    case .remove: removals += 1
    case .size, .truncate, .list, .exists, .createDirectory: break
    }
  }
}
