import Catalog
import Coordinator
import Testing

@testable import Edge

/// UpdateTable with ReplicaUpdates, before it reaches the metadata group.
@Suite struct ReplicaTests {
  private func update(_ updates: String, more: String = "") throws -> (answer: Answered, replicas: ReplicaRegions?) {
    var asked: TableAlteration?
    let target = CannedTarget(.sample()) { call in
      guard case .alterTable(let alteration) = call else { return .refreshed }
      asked = alteration
      return .catalog(.table(Catalog.sample().table(named: "single")!))
    }
    let answer = try ask(
      "UpdateTable", #"{"TableName":"single",\#(more)"ReplicaUpdates":\#(updates)}"#, target: target,
      otherRegions: ["us-east-1", "eu-west-1"])
    return (answer, asked?.definition.replicas)
  }

  @Test func aReplicaIsAskedForInAnotherRegionOfTheTopology() throws {
    // The same once more changes nothing, as in the service.
    let create = #"{"Create":{"RegionName":"us-east-1","TableClassOverride":"STANDARD"}}"#
    let (answer, replicas) = try update("[\(create),\(create)]")
    #expect(answer.status == 200, "\(answer.text)")
    #expect(replicas == ReplicaRegions(own: "eu-central-1", others: ["us-east-1"]))
  }

  @Test(arguments: [
    (#"[{"Create":{"RegionName":"eu-central-1"}}]"#, "Cannot add or delete the local region"),
    (
      #"[{"Create":{"RegionName":"sa-east-1"}}]"#,
      "supported in the following regions: [eu-central-1, us-east-1, eu-west-1]"
    ),
    (#"[{"Delete":{"RegionName":"eu-west-1"}}]"#, "retry the request without these replicas: [eu-west-1]."),
    (#"[{"Create":{}}]"#, "at 'replicaUpdates.1.member.create.regionName'"),
    (#"[{}]"#, "no actions specified in the Replica Update Action"),
    (#"[{"Update":{"RegionName":"eu-west-1"}}]"#, "no actions specified in the Replica Update Action"),
    (#"[{"Update":{"RegionName":"eu-west-1","KMSMasterKeyId":"k"}}]"#, "without these replicas: [eu-west-1]."),
    (
      #"[{"Create":{"RegionName":"eu-west-1"},"Delete":{"RegionName":"eu-west-1"}}]"#,
      "more than one type of replica actions not allowed"
    ),
    (
      #"[{"Create":{"RegionName":"eu-west-1","TableClassOverride":"STANDARD_INFREQUENT_ACCESS"}}]"#,
      "other than the table's own class"
    ),
    (
      #"[{"Create":{"RegionName":"eu-west-1","ProvisionedThroughputOverride":{"ReadCapacityUnits":1}}}]"#,
      "The parameter ProvisionedThroughputOverride of a replica"
    ),
    (#"[{"Create":{"RegionName":"eu-west-1","KMSMasterKeyId":"k"}}]"#, "The parameter KMSMasterKeyId of a replica"),
    (
      #"[{"Create":{"RegionName":"eu-west-1"}},{"Create":{"RegionName":"us-east-1"}}]"#,
      "more than one create or delete replica actions not allowed"
    ),
    ("[]", "At least one of ProvisionedThroughput"),
  ])
  func whatCannotBeIsRefused(updates: String, message: String) throws {
    let (answer, replicas) = try update(updates)
    #expect(answer.status == 400 && answer.type == "ValidationException")
    #expect(answer.message?.contains(message) == true, "\(answer.text)")
    #expect(replicas == nil)
  }

  /// Who leads the metadata group knows of it.
  @Test(arguments: [
    (CatalogOutcome.actedAsSource, "acted as a source region"), (.deletionProtected, "protected against deletion"),
  ])
  func whyTheRegionOfAReplicaKeepsItIsAnswered(outcome: CatalogOutcome, message: String) throws {
    let target = CannedTarget(.sample()) { call in
      guard case .alterTable = call else { return .refreshed }
      return .catalog(outcome)
    }
    let answer = try ask(
      "UpdateTable", #"{"TableName":"single","ReplicaUpdates":[{"Create":{"RegionName":"us-east-1"}}]}"#,
      target: target, otherRegions: ["us-east-1"])
    #expect(answer.status == 400 && answer.type == "ValidationException")
    #expect(answer.message?.contains(message) == true, "\(answer.text)")
  }

  @Test func itGoesWithNoOtherChange() throws {
    let (answer, _) = try update(
      #"[{"Create":{"RegionName":"eu-west-1"}}]"#, more: #""DeletionProtectionEnabled":true,"#)
    #expect(answer.message?.contains("ReplicaUpdates must be the only operation") == true, "\(answer.text)")
  }
}
