public import Bytes
public import Raft

/// What a replica's store keeps beside its rows, as of the same entry: the membership, then the remembered changes. A
/// store that was written before changes had stamps ends after the membership.
public struct StoreMetadata {
  public var membership: Membership
  var remembered: RememberedOperations

  init(membership: Membership, remembered: RememberedOperations) {
    self.membership = membership
    self.remembered = remembered
  }

  /// Nil in a store that has none yet.
  public init?(_ bytes: [UInt8]) throws(MalformedBytes) {
    guard !bytes.isEmpty else { return nil }
    var reader = ByteReader(bytes)
    membership = try Membership(from: &reader)
    remembered = reader.isAtEnd ? RememberedOperations() : try RememberedOperations(from: &reader)
  }

  func encode() -> [UInt8] {
    var writer = ByteWriter()
    membership.encode(into: &writer)
    remembered.encode(into: &writer)
    return writer.bytes
  }
}
