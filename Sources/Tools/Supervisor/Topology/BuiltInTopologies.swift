/// The topology files of `Cluster/topologies`, so that their names work wherever the binary is; a test keeps them equal.
public enum BuiltInTopologies {
  public static let names = [
    "bare", "global", "global-small", "ha", "local", "one-copy", "slow-elections", "small-logs",
  ]

  /// The file's text; nil for a name that is not built in.
  public static func text(_ name: String) -> String? {
    switch name {
    case "bare": bare
    case "global": global
    case "global-small": globalSmall
    case "ha": ha
    case "local": local
    case "one-copy": oneCopy
    case "slow-elections": slowElections
    case "small-logs": smallLogs
    default: nil
    }
  }

  private static let bare = """
    # The processes of local.yaml without tables or data: for tests and benchmarks.
    regions:
      - name: us-east-1
        shards: 6
        replication: 3
        nodes:
          - name: n1
          - name: n2
          - name: n3
        coordinators:
          - name: c1
            port: 8000
            loops: 2
    # Nodes of one machine share its processor: spread leaders make smaller batches, and each write costs a third more.
    nodeSettings: {balanceLeaders: false}

    """

  private static let globalSmall = """
    # Two regions of one node and one coordinator each: the smallest cluster with a far side. One endpoint serves both,
    # by the region that a request is signed for.
    regions:
      - name: us-east-1
        shards: 2
        replication: 1
        nodes:
          - name: us-n1
        coordinators:
          - name: us-c1
            port: 8000
            loops: 1
      - name: eu-west-1
        shards: 2
        replication: 1
        nodes:
          - name: eu-n1
        coordinators:
          - name: eu-c1
            port: 8001
            loops: 1

    """

  private static let oneCopy = """
    # As ha.yaml without tables, and with one copy of each shard: whoever dies takes a third of all items along. It is there
    # to show what the other copies are for: the self-tests of drills run on it.
    regions:
      - name: us-east-1
        shards: 6
        replication: 1
        nodes:
          - name: n1
          - name: n2
          - name: n3
        coordinators:
          - name: c1
            port: 8000
            loops: 2
          - name: c2
            port: 8001
            loops: 2

    """

  private static let slowElections = """
    # As ha.yaml without tables, and with followers that wait ten times as long for a leader before they stand. It is there
    # to show what early elections are for: the self-tests of drills run on it.
    regions:
      - name: us-east-1
        shards: 6
        replication: 3
        nodes:
          - name: n1
          - name: n2
          - name: n3
        coordinators:
          - name: c1
            port: 8000
            loops: 2
          - name: c2
            port: 8001
            loops: 2
    nodeSettings:
      electionMinMs: 5000
      electionMaxMs: 7500

    """

  private static let smallLogs = """
    # As ha.yaml without tables, and with log files as small as they can be, so that a node soon needs new ones: for drills
    # of full disks.
    regions:
      - name: us-east-1
        shards: 6
        replication: 3
        nodes:
          - name: n1
          - name: n2
          - name: n3
        coordinators:
          - name: c1
            port: 8000
            loops: 2
          - name: c2
            port: 8001
            loops: 2
    nodeSettings:
      journalSegmentBytes: 4194304
      journalBytesMax: 16777216

    """

  private static let global = """
    # Three regions, each a cluster of three nodes and a coordinator. One endpoint serves all, by the region that a request
    # is signed for.
    regions:
      - name: us-east-1
        shards: 3
        replication: 3
        nodes:
          - name: us-n1
          - name: us-n2
          - name: us-n3
        coordinators:
          - name: us-c1
            port: 8000
            loops: 1
      - name: eu-west-1
        shards: 3
        replication: 3
        nodes:
          - name: eu-n1
          - name: eu-n2
          - name: eu-n3
        coordinators:
          - name: eu-c1
            port: 8001
            loops: 1
      - name: ap-southeast-2
        shards: 3
        replication: 3
        nodes:
          - name: ap-n1
          - name: ap-n2
          - name: ap-n3
        coordinators:
          - name: ap-c1
            port: 8002
            loops: 1

    # As if the regions were far apart (each way; without this they are as near as processes on one machine):
    # links:
    #   - {between: [us-east-1, eu-west-1, ap-southeast-2], delayMs: 40, jitterMs: 5, lossPercent: 0.1}

    """

  private static let local = """
    # A cluster for one machine: three nodes, one coordinator, and a radiology department of synthetic patients, mirrored to
    # PostgreSQL.
    regions:
      - name: us-east-1
        shards: 6
        replication: 3
        nodes:
          - name: n1
          - name: n2
          - name: n3
        coordinators:
          - name: c1
            port: 8000
            loops: 2


    """ + patients + mirror

  /// What follows the table.
  private static let mirror = """

    # A PostgreSQL of the cluster's own, its data in the cluster's folder, and the sink that mirrors the table to it.
    postgres:
      name: postgres
    sink:
      name: sink
      table: ris-patient-tracking
      mapping: ris

    """

  private static let ha = """
    # As local.yaml, with two coordinators: clients that know both endpoints go on when one of them dies.
    regions:
      - name: us-east-1
        shards: 6
        replication: 3
        nodes:
          - name: n1
          - name: n2
          - name: n3
        coordinators:
          - name: c1
            port: 8000
            loops: 2
          - name: c2
            port: 8001
            loops: 2


    """ + patients

  /// The tables and data of every topology that has some.
  private static let patients = """
    # Each is a CreateTable request.
    tables:
      - TableName: ris-patient-tracking
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions:
          - {AttributeName: PK, AttributeType: S}
          - {AttributeName: SK, AttributeType: S}
          - {AttributeName: GSI1PK, AttributeType: S}
          - {AttributeName: GSI1SK, AttributeType: S}
          - {AttributeName: GSI2PK, AttributeType: S}
          - {AttributeName: GSI2SK, AttributeType: S}
        KeySchema:
          - {AttributeName: PK, KeyType: HASH}
          - {AttributeName: SK, KeyType: RANGE}
        GlobalSecondaryIndexes:
          - IndexName: GSI1-StatusBoard
            KeySchema:
              - {AttributeName: GSI1PK, KeyType: HASH}
              - {AttributeName: GSI1SK, KeyType: RANGE}
            Projection: {ProjectionType: ALL}
          - IndexName: GSI2-ModalitySchedule
            KeySchema:
              - {AttributeName: GSI2PK, KeyType: HASH}
              - {AttributeName: GSI2SK, KeyType: RANGE}
            Projection: {ProjectionType: ALL}
        StreamSpecification:
          StreamEnabled: true
          StreamViewType: NEW_AND_OLD_IMAGES

    # Loaded once, with dates around the day of the first start.
    sampleData:
      table: ris-patient-tracking
      seed: 1
      patients: 200

    """
}
