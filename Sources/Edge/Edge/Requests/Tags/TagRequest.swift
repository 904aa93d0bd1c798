internal import Items

/// The input of TagResource, UntagResource and ListTagsOfResource.
struct TagRequest {
  private var resource: String?
  var tags: [Tags.Entry]?
  var keys: [String]?
  /// The table that the resource names.
  private(set) var table = ""

  enum Kind { case tag, untag, list }

  static func parse(_ body: UnsafeBufferPointer<UInt8>, _ kind: Kind) throws(APIError) -> TagRequest {
    var request = TagRequest()
    do throws(ItemError) {
      var reader = JSONReader(body)
      try reader.eachMember { (member, reader) throws(ItemError) in
        switch member {
        case "ResourceArn": request.resource = try reader.readText()
        case "Tags": request.tags = try reader.readList { (reader) throws(ItemError) in try Tags.Entry(&reader) }
        case "TagKeys": request.keys = try reader.readList { (reader) throws(ItemError) in try reader.readText() }
        default: try reader.skipValue()
        }
      }
      try reader.finish()
    } catch {
      throw APIError(error)
    }
    try request.check(kind)
    request.table = try ResourceARN.table(request.resource ?? "")
    return request
  }

  private func check(_ kind: Kind) throws(APIError) {
    var violations = Violations()
    violations.require(resource != nil, at: "resourceArn")
    violations.checkLength(resource, at: "resourceArn", min: 1, max: 1_283)
    switch kind {
    case .tag:
      violations.require(tags != nil, at: "tags")
      Tags.check(tags ?? [], &violations)
    case .untag:
      violations.require(keys != nil, at: "tagKeys")
      for (position, key) in (keys ?? []).enumerated() {
        violations.checkLength(key, at: "tagKeys.\(position + 1).member", min: 1, max: 128)
      }
    case .list: break
    }
    try violations.throwIfAny()
    if kind == .tag, tags?.isEmpty == true { throw .validation("Atleast one Tag needs to be provided as Input.") }
    if kind == .untag, keys?.isEmpty == true {
      throw .validation("Atleast one Tag Key needs to be provided as Input.")
    }
  }
}

/// An ARN that must be a table's. Any region and account will do: all tables here belong to the one account.
enum ResourceARN {
  static func table(_ arn: String) throws(APIError) -> String {
    guard arn.hasPrefix("arn:") else { throw .invalid("ARNs must start with 'arn:': \(arn)") }
    let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6, parts[2] == "dynamodb" else {
      throw .invalid("Provided Arn is not a DynamoDB resource arn: \(arn)")
    }
    let resource = parts[5].split(separator: "/", omittingEmptySubsequences: false)
    guard resource.first == "table", resource.count == 2 else {
      throw .invalid("Invalid resource arn provided, only table or stream is accepted. Provided resource arn: \(arn)")
    }
    guard TableName.isValid(resource[1]) else {
      throw .validation("Invalid TableArn: Invalid ResourceArn provided as input \(arn)")
    }
    return String(resource[1])
  }
}
