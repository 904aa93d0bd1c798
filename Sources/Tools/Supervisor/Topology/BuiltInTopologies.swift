/// The topology files of `Cluster/topologies`, so that their names work wherever the binary is; a test keeps them equal.
public enum BuiltInTopologies {
  public static let names = ["bare", "ha", "local"]

  /// The file's text; nil for a name that is not built in.
  public static func text(_ name: String) -> String? {
    switch name {
    case "bare": bare
    case "ha": ha
    case "local": local
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
