internal import CSQLite
internal import Synchronization

/// What one connection holds of a store's locks. Only ``SharedMemory`` and ``FileLock`` touch it, under their locks.
final class HeldLocks {
  var shared: UInt16 = 0
  var exclusive: UInt16 = 0
  var level = SQLITE_LOCK_NONE
}

/// The index of SQLite's log, which all connections to a database share: memory of this process, because one process
/// owns the files. SQLite orders its own accesses with the locks and barriers offered here (sqlite.org/walformat.html).
final class SharedMemory: Sendable {
  private struct State {
    /// Addresses of the regions.
    var regions: [UInt] = []
    /// For each lock the number of shared holders, or -1 for one exclusive holder.
    var holders = [Int](repeating: 0, count: Int(SQLITE_SHM_NLOCK))
  }

  private let state = Guarded(State())

  deinit {
    let regions = state.withLock { $0.regions }
    for region in regions { UnsafeMutableRawPointer(bitPattern: region)?.deallocate() }
  }

  /// The region with that index, made of zeros where it is missing and `extend` is set.
  func region(_ index: Int, bytes: Int, extend: Bool) -> UnsafeMutableRawPointer? {
    let address = state.withLock { state -> UInt in
      while extend && state.regions.count <= index {
        let region = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
        region.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        state.regions.append(UInt(bitPattern: region))
      }
      return index < state.regions.count ? state.regions[index] : 0
    }
    return UnsafeMutableRawPointer(bitPattern: address)
  }

  /// Takes or releases the locks `first ..< first + count`; false where another connection is in the way.
  func change(_ held: HeldLocks, first: Int, count: Int, flags: Int32) -> Bool {
    let slots = first..<first + count
    if flags & SQLITE_SHM_UNLOCK != 0 {
      release(held, slots)
      return true
    }
    return flags & SQLITE_SHM_SHARED != 0 ? takeShared(held, slots) : takeExclusive(held, slots)
  }

  func releaseAll(_ held: HeldLocks) { release(held, 0..<Int(SQLITE_SHM_NLOCK)) }

  /// Orders memory accesses before it against those after it, on every processor.
  func barrier() { atomicMemoryFence(ordering: .sequentiallyConsistent) }

  private func takeShared(_ held: HeldLocks, _ slots: Range<Int>) -> Bool {
    let mask = Self.mask(slots)
    if held.shared & mask == mask { return true }
    let taken = state.withLock { state -> Bool in
      guard slots.allSatisfy({ state.holders[$0] >= 0 }) else { return false }
      for slot in slots { state.holders[slot] += 1 }
      return true
    }
    if taken { held.shared |= mask }
    return taken
  }

  private func takeExclusive(_ held: HeldLocks, _ slots: Range<Int>) -> Bool {
    let taken = state.withLock { state -> Bool in
      guard slots.allSatisfy({ state.holders[$0] == 0 }) else { return false }
      for slot in slots { state.holders[slot] = -1 }
      return true
    }
    if taken { held.exclusive |= Self.mask(slots) }
    return taken
  }

  private func release(_ held: HeldLocks, _ slots: Range<Int>) {
    let shared = held.shared
    let exclusive = held.exclusive
    state.withLock { state in
      for slot in slots {
        let bit = UInt16(1) << UInt16(slot)
        if shared & bit != 0 { state.holders[slot] -= 1 }
        if exclusive & bit != 0 { state.holders[slot] = 0 }
      }
    }
    held.shared &= ~Self.mask(slots)
    held.exclusive &= ~Self.mask(slots)
  }

  private static func mask(_ slots: Range<Int>) -> UInt16 {
    slots.reduce(0) { $0 | UInt16(1) << UInt16($1) }
  }
}
