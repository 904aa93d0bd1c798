internal import Items

/// The service's own error answer.
public struct ServiceFailure: Error, Sendable, Equatable, CustomStringConvertible {
  public var status: Int
  /// Without its namespace: `ConditionalCheckFailedException`.
  public var code: String
  public var message: String
  public var requestID: String?

  public var description: String { "\(code) (HTTP \(status)): \(message)" }

  /// Whether the same request may succeed a little later.
  public var isTransient: Bool { Self.isTransient(status: status, code: code) }

  public static func isTransient(status: Int, code: String) -> Bool {
    status >= 500 || code == "ThrottlingException" || code == "ProvisionedThroughputExceededException"
      || code == "RequestLimitExceeded"
  }

  init(_ response: HTTPResponse) {
    status = response.status
    requestID = response.header("x-amzn-requestid")
    let body = try? JSONValue(parsing: response.body)
    let type = body?["__type"]?.text ?? ""
    code = type.split(separator: "#").last.map(String.init) ?? "HTTP\(response.status)"
    message = body?["message"]?.text ?? body?["Message"]?.text ?? ""
  }
}

/// Why a call has no answer.
public enum CallError: Error, Sendable, CustomStringConvertible {
  case service(ServiceFailure)
  case transport(TransportFailure)

  public var description: String {
    switch self {
    case .service(let failure): failure.description
    case .transport(let failure): failure.description
    }
  }

  /// The service's code; nil where no answer came.
  public var code: String? {
    guard case .service(let failure) = self else { return nil }
    return failure.code
  }

  /// Whether the service may have acted on the request although it did not say so.
  public var isOutcomeUnknown: Bool {
    switch self {
    case .service(let failure): failure.status >= 500
    case .transport(let failure): failure.code != .connect
    }
  }

  public var isTransient: Bool {
    switch self {
    case .service(let failure): failure.isTransient
    case .transport: true
    }
  }
}
