import Foundation

@testable import Supervisor

/// Holds every folder of this run, and goes with the process.
private let root: URL = {
  atexit { try? FileManager.default.removeItem(at: root) }
  return FileManager.default.temporaryDirectory.appending(path: "gantry-supervisor-\(UUID().uuidString)")
}()

/// A new empty folder; its path is resolved.
func temporaryFolder() throws -> DataFolder {
  try DataFolder(making: root.appending(path: UUID().uuidString).path())
}

func refusal<Failure: Error>(_ body: () throws(Failure) -> Void) -> String? {
  do { try body() } catch { return "\(error)" }
  return nil
}
