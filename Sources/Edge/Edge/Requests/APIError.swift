internal import Items

/// An answer that is an error: DynamoDB's name for it, its text, and the status that goes with the name.
struct APIError: Error, Equatable {
  enum Kind: Equatable {
    case validation, serialization, unknownOperation
    case resourceNotFound, resourceInUse, conditionalCheckFailed, limitExceeded
    case throttling, internalServer, serviceUnavailable
    /// Of streams.
    case trimmedDataAccess, expiredIterator
    /// Of the operations on backups.
    case tableNotFound
    /// Of the operations on global tables of version 2017.11.29.
    case globalTableNotFound
    /// Of KMS.
    case keyNotFound
  }

  var kind: Kind
  /// Nil where DynamoDB sends none.
  var message: String?
  /// The image that a condition failed against, where the request asked for it.
  var item: EncodedItem?

  init(_ kind: Kind, _ message: String?, item: EncodedItem? = nil) {
    self.kind = kind
    self.message = message
    self.item = item
  }

  static func validation(_ message: String) -> APIError { APIError(.validation, message) }

  /// With the opening that most of DynamoDB's messages about values share.
  static func invalid(_ message: String) -> APIError {
    APIError(.validation, "One or more parameter values were invalid: \(message)")
  }

  init(_ error: ItemError) {
    self.init(error.kind == .serialization ? .serialization : .validation, error.message)
  }

  var status: Int {
    switch kind {
    case .internalServer: 500
    case .serviceUnavailable: 503
    default: 400
    }
  }

  /// The error's shape with its namespace, as the service sends it; clients look at what follows the `#`.
  var type: StaticString {
    switch kind {
    case .validation: "com.amazon.coral.validate#ValidationException"
    case .serialization: "com.amazon.coral.service#SerializationException"
    case .unknownOperation: "com.amazon.coral.service#UnknownOperationException"
    case .resourceNotFound: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
    case .resourceInUse: "com.amazonaws.dynamodb.v20120810#ResourceInUseException"
    case .conditionalCheckFailed: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
    case .limitExceeded: "com.amazonaws.dynamodb.v20120810#LimitExceededException"
    case .trimmedDataAccess: "com.amazonaws.dynamodb.v20120810#TrimmedDataAccessException"
    case .expiredIterator: "com.amazonaws.dynamodb.v20120810#ExpiredIteratorException"
    case .tableNotFound: "com.amazonaws.dynamodb.v20120810#TableNotFoundException"
    case .globalTableNotFound: "com.amazonaws.dynamodb.v20120810#GlobalTableNotFoundException"
    case .keyNotFound: "NotFoundException"
    case .throttling: "com.amazon.coral.availability#ThrottlingException"
    case .internalServer: "com.amazonaws.dynamodb.v20120810#InternalServerError"
    case .serviceUnavailable: "com.amazonaws.dynamodb.v20120810#ServiceUnavailable"
    }
  }

  /// What metrics call the outcome.
  var isServerFault: Bool { kind == .internalServer || kind == .serviceUnavailable }
}

extension APIError {
  static let tableNotFound = APIError(.resourceNotFound, "Requested resource not found")
  static let dataOfMissingTable = APIError(.resourceNotFound, "Cannot do operations on a non-existent table")
  static let conditionFailed = APIError(.conditionalCheckFailed, "The conditional request failed")
  static let overloaded = APIError(
    .throttling, "Too many requests are under way. \(noEffect) with exponential back-off.")

  /// What a client may do about a call that failed for now.
  static let noEffect = "The request had no effect: retry it"

  static func notFound(table: String) -> APIError {
    APIError(.resourceNotFound, "Requested resource not found: Table: \(table) not found")
  }

  /// A feature of DynamoDB that a caller must not believe to be there.
  static func unsupported(_ what: String) -> APIError { .validation("\(what) is not supported by Gantry yet") }
}
