internal import CPostgreSQL

/// libpq, loaded once, when the first connection is made.
enum LibPQ {
  /// Fails with what to install where the library is not there.
  static let functions: Result<gantry_libpq, PostgresError> = {
    var table = gantry_libpq()
    guard let missing = gantry_libpq_load(&table) else { return .success(table) }
    return .failure(
      PostgresError(
        kind: .noLibrary, message: "libpq cannot be loaded (\(String(cString: missing))); install the package libpq5"))
  }()
}
