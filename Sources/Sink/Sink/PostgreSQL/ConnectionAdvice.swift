/// What to do where a connection is refused over its encryption. libpq says what is wrong, but not that; its words are
/// those of its release 15 and of OpenSSL, in English, since a process's own locale is "C".
enum ConnectionAdvice {
  private static let known: [(sign: String, advice: String)] = [
    (
      "certificate verify failed",
      "give the file of the authority that signed the server's certificate: sslrootcert=FILE in the URL"
    ),
    (
      "does not match host name",
      "connect by a name that stands in the server's certificate, or give the server one with this name"
    ),
    (
      "server does not support SSL",
      "switch TLS on in the server (ssl = on); over a network that you trust, sslmode=disable in the URL does without"
    ),
    (
      "root certificate file",
      "give the file of the authority that signed the server's certificate: sslrootcert=FILE in the URL"
    ),
    ("could not read root certificate", "give a readable PEM file: sslrootcert=FILE in the URL"),
  ]

  /// Nil where waiting may mend it, or nothing is known.
  static func of(_ message: String) -> String? { known.first { message.contains($0.sign) }?.advice }
}

extension PostgresError {
  var withAdvice: PostgresError {
    guard let advice = ConnectionAdvice.of(message) else { return self }
    var copy = self
    copy.message += "; \(advice)"
    return copy
  }
}
