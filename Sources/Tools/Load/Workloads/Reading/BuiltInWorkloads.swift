/// The workload files of `Cluster/workloads`, so that their names work wherever the binary is; a test keeps them equal.
enum BuiltInWorkloads {
  static let names = ["get", "put", "registers", "ris-day", "ycsb-a", "ycsb-b", "ycsb-c", "ycsb-d", "ycsb-e", "ycsb-f"]

  /// The file's text; nil for a name that is not built in.
  static func text(_ name: String) -> String? {
    switch name {
    case "get": get
    case "put": put
    case "registers": registers
    case "ris-day": risDay
    case "ycsb-a": ycsbA
    case "ycsb-b": ycsbB
    case "ycsb-c": ycsbC
    case "ycsb-d": ycsbD
    case "ycsb-e": ycsbE
    case "ycsb-f": ycsbF
    default: nil
    }
  }

  private static let get = """
    # Strong reads of items of one 512-byte value, keys at random; --set records=4 makes them hot. For comparing systems.
    kind: key-value
    table: values
    records: 100000
    fields: 1
    fieldBytes: 512
    distribution: uniform
    mix: {read: 1}
    consistentRead: true

    """

  private static let put = """
    # Items of one 512-byte value, put whole, keys at random; --set records=4 makes them hot. For comparing systems.
    kind: key-value
    table: values
    records: 1000000
    fields: 1
    fieldBytes: 512
    distribution: uniform
    mix: {put: 1}
    # Keys that have not been put yet are put like others.
    preload: false

    """

  private static let registers = """
    # Puts, conditional puts, additions, deletions and strong reads of few keys, for histories that a checker judges. The
    # keys are deleted before the operations begin, as a history begins with nothing.
    kind: registers
    table: registers
    keys: 6

    """

  private static let risDay = """
    # The days of a medium radiology department, on the table of the local topology: patients are admitted, examinations
    # ordered, scheduled, performed, reported and billed, and meanwhile their whereabouts recorded and everything looked up.
    kind: ris-day
    table: ris-patient-tracking
    # Each comes once a day. They and their past are loaded first.
    patients: 500
    # A day, on average: 50,000 in a year of 250 days.
    studies: 200
    # In thirty days. What the studies do not need of the writes tracks where patients are.
    readsPerMonth: 20000000
    writesPerMonth: 2000000
    # At the natural rate, which is the default of the load, a day lasts 24 hours divided by this: 24 minutes.
    compression: 60
    # Worklists by status (GSI1) and by modality and time (GSI2). Off, because Gantry's indexes do not answer yet.
    worklists: false

    """

  private static let ycsbA = """
    # YCSB A, update heavy: a session store that records what users just did.
    kind: key-value
    records: 1000
    distribution: zipfian
    mix: {read: 0.5, update: 0.5}

    """

  private static let ycsbB = """
    # YCSB B, read mostly: tags are read, and now and then one is added.
    kind: key-value
    records: 1000
    distribution: zipfian
    mix: {read: 0.95, update: 0.05}

    """

  private static let ycsbC = """
    # YCSB C, read only: a cache of profiles that are made elsewhere.
    kind: key-value
    records: 1000
    distribution: zipfian
    mix: {read: 1}

    """

  private static let ycsbD = """
    # YCSB D, read latest: people read the newest messages. A thread of the load reads the records of the beginning and its
    # own insertions.
    kind: key-value
    records: 1000
    distribution: latest
    mix: {read: 0.95, insert: 0.05}

    """

  private static let ycsbE = """
    # YCSB E, short ranges. As in YCSB's binding for DynamoDB, a scan is a GetItem of its first key and a Scan after it: the
    # items that follow are those of the service's own order, since keys are hashed.
    kind: key-value
    records: 1000
    distribution: zipfian
    mix: {scan: 0.95, insert: 0.05}
    scanLengthMax: 100

    """

  private static let ycsbF = """
    # YCSB F, read-modify-write: an item is read, then one of its fields is updated.
    kind: key-value
    records: 1000
    distribution: zipfian
    mix: {read: 0.5, readModifyWrite: 0.5}

    """
}
