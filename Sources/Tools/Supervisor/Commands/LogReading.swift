internal import Glibc
internal import Items

/// `gantry cluster logs NAME [-f]`.
public struct LogReading: Sendable {
  let path: String

  /// - Parameter name: a process of the cluster, or `supervisor`.
  public init(_ folder: DataFolder, _ name: String) throws(SupervisorError) {
    let known = (try ClusterState.load(folder)?.processes ?? []) + ["supervisor"]
    guard known.contains(name) else {
      throw SupervisorError("there is no '\(name)': there are \(known.joined(separator: ", "))", exitCode: 2)
    }
    path = folder.logPath(of: name)
  }

  /// Gives the log to `emit` in pieces; with `follow` goes on for ever as it grows, also through a rotation.
  ///
  /// - Parameter asJSON: each line becomes `{"line":"…"}`.
  public func read(follow: Bool, asJSON: Bool, emit: ([UInt8]) -> Void) throws(SupervisorError) {
    guard asJSON else { return try read(follow: follow, emit) }
    var rest: [UInt8] = []
    try read(follow: follow) { piece in
      rest += piece
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeFirst(end + 1)
        emit(Array((JSONValue.members(["line": .text(line)]).compact + "\n").utf8))
      }
    }
  }

  private func read(follow: Bool, _ emit: ([UInt8]) -> Void) throws(SupervisorError) {
    var descriptor = try opened(mustExist: !follow)
    while true {
      if let open = descriptor { copy(open, emit) }
      guard follow else { break }
      Pause.milliseconds(100)
      if descriptor.map(isReplaced) ?? true {
        if let open = descriptor {
          copy(open, emit)
          close(open)
        }
        descriptor = try opened(mustExist: false)
      } else if let open = descriptor, Int(lseek(open, 0, SEEK_CUR)) > Files.size(path) {
        lseek(open, 0, SEEK_SET)
      }
    }
    if let descriptor { close(descriptor) }
  }

  private func opened(mustExist: Bool) throws(SupervisorError) -> Int32? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor >= 0 { return descriptor }
    if errno == ENOENT && !mustExist { return nil }
    throw .system("cannot read \(path)", errno)
  }

  private func isReplaced(_ descriptor: Int32) -> Bool {
    var here = stat()
    var there = stat()
    guard fstat(descriptor, &here) == 0, stat(path, &there) == 0 else { return false }
    return here.st_ino != there.st_ino
  }

  private func copy(_ descriptor: Int32, _ emit: ([UInt8]) -> Void) {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count <= 0 { return }
      emit(Array(chunk[0..<count]))
    }
  }
}
