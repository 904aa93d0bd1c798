/// The `CreateTable` requests of the workloads.
package enum TableRequests {
  /// A table whose items have one key, the text `id`.
  package static func simple(_ name: String) -> [UInt8] {
    Array(
      (#"{"TableName":"\#(name)","BillingMode":"PAY_PER_REQUEST","#
        + #""AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"#
        + #""KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}"#).utf8)
  }

  /// The single table of a radiology department, as in `Cluster/topologies/local.yaml`.
  static func patients(_ name: String) -> [UInt8] {
    let definitions = ["PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK"]
      .map { #"{"AttributeName":"\#($0)","AttributeType":"S"}"# }
    return Array(
      (#"{"TableName":"\#(name)","BillingMode":"PAY_PER_REQUEST","#
        + #""AttributeDefinitions":[\#(definitions.joined(separator: ","))],"#
        + #""KeySchema":\#(keys("PK", "SK")),"GlobalSecondaryIndexes":["#
        + index("GSI1-StatusBoard", "GSI1PK", "GSI1SK") + ","
        + index("GSI2-ModalitySchedule", "GSI2PK", "GSI2SK")
        + #"],"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}}"#).utf8)
  }

  private static func index(_ name: String, _ hash: String, _ range: String) -> String {
    #"{"IndexName":"\#(name)","KeySchema":\#(keys(hash, range)),"Projection":{"ProjectionType":"ALL"}}"#
  }

  private static func keys(_ hash: String, _ range: String) -> String {
    #"[{"AttributeName":"\#(hash)","KeyType":"HASH"},{"AttributeName":"\#(range)","KeyType":"RANGE"}]"#
  }
}
