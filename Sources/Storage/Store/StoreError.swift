public import Environment

/// Why the store could not do what it was asked.
public struct StoreError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// What is on disk is not what was written: the replica must not be used (its group gives it a successor). `page`
    /// counts from 1 and is nil where the damage is not in one page of the database.
    case damaged(page: UInt32?)
    /// The disk is full; nothing of the failed step was kept, and it may be tried again.
    case noSpace
    /// A sync failed: what was written may be lost and a second call proves nothing, so the process has to stop.
    case syncFailed
    case inputOutput
    /// The files are of a format that this version does not know.
    case format
  }

  public var kind: Kind
  /// What was tried and what went wrong, without keys or values.
  public var description: String
  /// What the disk itself said, where it was the disk.
  public var disk: DiskError?

  init(_ kind: Kind, _ description: String, disk: DiskError? = nil) {
    self.kind = kind
    self.description = disk.map { "\(description): \($0.description)" } ?? description
    self.disk = disk
  }

  init(_ error: DiskError, _ description: String) {
    self.init(error.isNoSpace ? .noSpace : .inputOutput, description, disk: error)
  }

  public var isDamage: Bool {
    if case .damaged = kind { return true }
    return false
  }
}

extension StoreError {
  /// Runs what touches the disk; `what` says what was tried.
  static func attempt<Value>(
    _ what: @autoclosure () -> String, _ body: () throws(DiskError) -> Value
  ) throws(StoreError) -> Value {
    do throws(DiskError) { return try body() } catch { throw StoreError(error, what()) }
  }

  static func sync(_ what: @autoclosure () -> String, _ body: () throws(DiskError) -> Void) throws(StoreError) {
    do throws(DiskError) { try body() } catch { throw StoreError(.syncFailed, what(), disk: error) }
  }
}
