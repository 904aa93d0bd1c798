internal import CShims

/// How the process's memory is kept.
public enum Memory {
  /// Bytes that stay with the process when they are free, and the size from which a block is one of the system's own.
  private static let keptBytes: Int32 = 64 << 20
  private static let ownBlockBytes: Int32 = 32 << 20

  /// Keeps what was freed. Under load the same megabytes are freed and needed again all the time; by default glibc hands
  /// them back to the system, which clears a page for each 4 KiB when they return. Call it before the first thread starts.
  public static func keepFreed() {
    gantry_keep_freed_memory(keptBytes, ownBlockBytes)
  }
}
