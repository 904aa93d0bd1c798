import SimulatedDisk

/// Which writes a simulated disk may lose without the product being wrong.
///
/// A lost write leaves what stood there before. Where that was intact, only a scrub can find it (`Sources/Storage`
/// says what reads do not find), so none is lost there:
/// - pages of a database that hold an older version of the page; new pages are found by their checksum;
/// - the journal, of whose last batch nothing else tells;
/// - the identity: a node that forgot its last incarnation is refused as an old copy of itself until a person decides.
///
/// What is left: SQLite's log, new pages of databases, and CURRENT.
enum LosableWrites {
  static func mayLose(_ path: String, isNew: Bool) -> Bool {
    let directory = SimulationOptions.dataDirectory
    if path.hasPrefix("\(directory)/journal/") || path.hasPrefix("\(directory)/identity") { return false }
    return path.hasSuffix(".db") ? isNew : true
  }
}
