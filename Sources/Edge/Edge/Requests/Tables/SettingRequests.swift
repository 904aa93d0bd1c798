internal import Items

/// The input of UpdateTimeToLive.
struct TimeToLiveRequest {
  var table: String
  var attribute: String
  var isEnabled: Bool

  static func parse(_ body: UnsafeBufferPointer<UInt8>) throws(APIError) -> TimeToLiveRequest {
    var name: String?
    var isGiven = false
    var attribute: String?
    var isEnabled: Bool?
    try JSONReader.eachMember(of: body) { (member, reader) throws(ItemError) in
      switch member {
      case "TableName": name = try reader.readText()
      case "TimeToLiveSpecification":
        isGiven = true
        try reader.eachMember { (member, reader) throws(ItemError) in
          switch member {
          case "AttributeName": attribute = try reader.readText()
          case "Enabled": isEnabled = try reader.readBool()
          default: try reader.skipValue()
          }
        }
      default: try reader.skipValue()
      }
    }
    var violations = Violations()
    TableName.checkModel(name, &violations)
    violations.require(isGiven, at: "timeToLiveSpecification")
    if isGiven {
      let path = "timeToLiveSpecification"
      violations.require(attribute != nil, at: "\(path).attributeName")
      violations.checkLength(attribute, at: "\(path).attributeName", min: 1, max: 255)
      violations.require(isEnabled != nil, at: "\(path).enabled")
    }
    try violations.throwIfAny()
    return TimeToLiveRequest(
      table: try TableName.resolve(name ?? ""), attribute: attribute ?? "", isEnabled: isEnabled ?? false)
  }
}

/// The input of UpdateContinuousBackups.
struct ContinuousBackupsRequest {
  var table: String
  var isEnabled: Bool
  var days: Int?

  static func parse(_ body: UnsafeBufferPointer<UInt8>) throws(APIError) -> ContinuousBackupsRequest {
    var name: String?
    var isGiven = false
    var isEnabled: Bool?
    var days: Int?
    try JSONReader.eachMember(of: body) { (member, reader) throws(ItemError) in
      switch member {
      case "TableName": name = try reader.readText()
      case "PointInTimeRecoverySpecification":
        isGiven = true
        try reader.eachMember { (member, reader) throws(ItemError) in
          switch member {
          case "PointInTimeRecoveryEnabled": isEnabled = try reader.readBool()
          case "RecoveryPeriodInDays": days = try reader.readLong()
          default: try reader.skipValue()
          }
        }
      default: try reader.skipValue()
      }
    }
    var violations = Violations()
    let path = "pointInTimeRecoverySpecification"
    TableName.checkModel(name, &violations)
    violations.require(isGiven, at: path)
    if isGiven { violations.require(isEnabled != nil, at: "\(path).pointInTimeRecoveryEnabled") }
    violations.check(days, at: "\(path).recoveryPeriodInDays", min: 1, max: 35)
    try violations.throwIfAny()
    if isEnabled == false, days != nil {
      throw .validation(
        "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.")
    }
    return ContinuousBackupsRequest(
      table: try TableName.resolve(name ?? ""), isEnabled: isEnabled ?? false, days: days)
  }
}
