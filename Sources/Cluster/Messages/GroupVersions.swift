public import Bytes

/// The versions of an item's two groups of attributes: those that a residency rule protects, and the rest. Without rules
/// both are always the same.
///
/// The protected group is never above the rest: whoever writes it writes the rest as well.
public struct GroupVersions: Hashable, Sendable {
  public enum Protected: Hashable, Sendable {
    /// As the rest.
    case same
    /// Of a row: the group never came here. Of a change: it is not carried.
    case absent
    case other(ItemVersion)
  }

  public var rest: ItemVersion
  public var protected: Protected

  public init(_ rest: ItemVersion, protected: Protected = .same) {
    self.rest = rest
    self.protected = protected == .other(rest) ? .same : protected
  }

  /// That of the protected group; nil where there is none.
  public var ofProtected: ItemVersion? {
    switch protected {
    case .same: rest
    case .absent: nil
    case .other(let version): version
    }
  }
}

/// ```
/// rest | [0 (u8): absent, or 1 (u8) | version]
/// ```
/// to the end of what it stands in.
extension GroupVersions {
  public func encode(into writer: inout ByteWriter) {
    rest.encode(into: &writer)
    switch protected {
    case .same: break
    case .absent: writer.u8(0)
    case .other(let version):
      writer.u8(1)
      version.encode(into: &writer)
    }
  }

  public init(toEnd reader: inout ByteReader) throws(MalformedBytes) {
    self.init(try ItemVersion(from: &reader))
    guard !reader.isAtEnd else { return }
    switch try reader.u8() {
    case 0: protected = .absent
    case 1: protected = .other(try ItemVersion(from: &reader))
    default: throw MalformedBytes("an unknown kind of a protected group's version")
    }
  }
}
