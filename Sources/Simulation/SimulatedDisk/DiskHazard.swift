internal import Environment

/// What goes wrong by chance on a disk as long as it is in force.
public struct DiskHazard {
  public enum Kind: Hashable, Sendable, CaseIterable {
    /// Reads return a flipped bit; the medium holds what was written.
    case corruptReads
    /// Reads return what stands at another place of the same file.
    case misdirectedReads
    /// Writes are reported as done and never happen; the file grows all the same.
    case lostWrites
    /// Any operation fails with EIO, a sync after which nothing is certain among them.
    case errors
  }

  public var kind: Kind
  /// How many of 10,000 operations that it concerns go wrong.
  public var chance: UInt64
  /// Whether a write to that path may be lost; `isNew` where nothing but zeros stood in its place.
  public var mayLose: (_ path: String, _ isNew: Bool) -> Bool
  private var random: SeededRandom

  public init(
    _ kind: Kind, chance: UInt64, seed: UInt64,
    mayLose: @escaping (_ path: String, _ isNew: Bool) -> Bool = { _, _ in true }
  ) {
    self.kind = kind
    self.chance = chance
    self.mayLose = mayLose
    random = SeededRandom(seed: seed)
  }

  mutating func strikes(_ kind: Kind) -> Bool { self.kind == kind && random.chance(chance, in: 10_000) }

  mutating func draw(below bound: Int) -> Int { Int(random.below(UInt64(bound))) }
}

/// A place where a disk holds something else than what was written last.
struct Scar {
  var file: StoredFile
  var offset: Int
  /// What stands there. Once something else does, the damage has been written over.
  var bytes: [UInt8]

  var isThere: Bool {
    let end = offset + bytes.count
    return end <= file.current.count && file.current[offset..<end].elementsEqual(bytes)
  }
}
