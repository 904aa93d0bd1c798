import Foundation

/// Holds every file of this run, and goes with the process.
private let root: URL = {
  atexit { try? FileManager.default.removeItem(at: root) }
  return FileManager.default.temporaryDirectory.appending(path: "gantry-settings-\(UUID().uuidString)")
}()

/// The path of a new file with the given text, below the system's temporary folder.
func temporary(_ text: String) throws -> String {
  try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  let url = root.appending(path: "\(UUID().uuidString).yaml")
  try Data(text.utf8).write(to: url)
  return url.path()
}
