internal import Glibc

/// Why credentials cannot be used.
public struct CredentialsError: Error, Equatable, Sendable, CustomStringConvertible {
  public var description: String
}

/// Who signs. They come from the environment, never from a command line, which other users of the machine can read;
/// no description shows the secret or the token.
public struct AWSCredentials: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  public var accessKey: String
  var secretKey: String
  /// Only temporary credentials have one.
  var sessionToken: String?

  public init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
  }

  /// Takes `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; nil where neither of the first is
  /// set.
  public init?(environment: (String) -> String? = Self.variable) throws(CredentialsError) {
    func set(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
    switch (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY")) {
    case (let accessKey?, let secretKey?):
      self.init(accessKey: accessKey, secretKey: secretKey, sessionToken: set("AWS_SESSION_TOKEN"))
    case (nil, nil): return nil
    case (_?, nil): throw CredentialsError(description: "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not")
    case (nil, _?): throw CredentialsError(description: "AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not")
    }
  }

  /// A variable of this process.
  public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  public var description: String { "credentials of \(accessKey)" }

  public var customMirror: Mirror { Mirror(self, children: ["accessKey": accessKey]) }
}
