/// Why a listener refuses a handshake: the status of its answer, which the dialer finds in
/// ``LinkFailure/refused(status:reason:)``. Values are on the wire.
public enum HandshakeStatus {
  public static let malformed = 400
  /// The owner's own reason.
  public static let owner = 403
  public static let unknownPath = 404
  /// The dialer's incarnation is not one that the owner may believe: an old directory, or a second process.
  public static let incarnation = 409
  /// The dialer belongs to another cluster.
  public static let cluster = 421
  public static let protocolVersion = 426
}
