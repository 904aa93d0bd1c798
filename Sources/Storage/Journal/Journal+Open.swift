public import Environment

extension Journal {
  /// Opens the log in `directory`, making it where it is missing, and returns what it holds.
  ///
  /// Before it returns, the records that no later write proves synced are copied into a new segment and synced there:
  /// after the process was killed they may lie in the page cache only. Nobody else may have the directory open (the
  /// node's identity lock sees to that). Blocks; reads every needed segment once.
  public static func open(
    disk: any Disk, directory: String, configuration: JournalConfiguration
  ) throws(JournalError) -> (journal: Journal, recovery: Recovery) {
    try configuration.validate()
    var opening = Opening(disk: disk, directory: directory, configuration: configuration)
    try opening.scan()
    let chain = Chain(opening.segments, expectsRecords: configuration.expectsRecords)
    return try opening.finish(chain)
  }
}
