public import Environment

/// Why the journal refused or failed. Texts name files and positions, never payloads.
public struct JournalError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// A setting is out of range.
    case configuration
    /// A file belongs to another cluster or node, by its salt.
    case foreign
    /// A file was written by a newer version.
    case unsupported
    /// The disk failed while opening or reading; see ``JournalError/cause``.
    case disk
    /// A record that was read back does not carry its checksum.
    case damaged
    /// The entries asked for were compacted away.
    case compacted
    /// A write or sync failed earlier: what it held may be lost, so the process must stop.
    case failed
  }

  public var kind: Kind
  public var description: String
  public var cause: DiskError?

  public init(_ kind: Kind, _ description: String, cause: DiskError? = nil) {
    self.kind = kind
    self.description = description
    self.cause = cause
  }

  init(_ cause: DiskError) { self.init(.disk, cause.description, cause: cause) }
}

/// Runs file calls and wraps their error.
func onDisk<Result>(_ body: () throws(DiskError) -> Result) throws(JournalError) -> Result {
  do { return try body() } catch { throw JournalError(error) }
}
