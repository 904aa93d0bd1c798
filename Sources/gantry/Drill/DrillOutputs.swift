internal import Drills
internal import Glibc

/// Where the reports of drills go.
struct DrillOutputs {
  private let json: OutputFile?
  private let pages: [OutputFile]?

  /// Makes the files before anything runs.
  init(json: String?, html: String?, drills: [Drill]) throws {
    self.json = try json.map { try OutputFile($0) }
    pages = try html.map { path in
      try drills.map { try OutputFile(drills.count == 1 ? path : Self.path(path, of: $0)) }
    }
  }

  /// - Parameters:
  ///   - page: nil where there is none to show.
  ///   - number: of the drill.
  func write(json bytes: [UInt8], page: String?, of number: Int) throws {
    try json?.write(bytes + [UInt8(ascii: "\n")])
    if let pages, let page { try pages[number].write(Array(page.utf8)) }
  }

  /// A text for people, beside the JSON where that goes to standard output.
  ///
  /// - Parameter text: told whether it may have colours.
  func show(_ text: (Bool) -> String) {
    let toStandardError = json?.isStandardOutput ?? false
    let isColoured = isatty(toStandardError ? 2 : 1) == 1 && getenv("NO_COLOR") == nil
    if toStandardError { Terminal.note(text(isColoured)) } else { Terminal.print(text(isColoured)) }
  }

  /// `drills.html` of the drill `leader-kill`: `drills-leader-kill.html`.
  private static func path(_ path: String, of drill: Drill) -> String {
    let file = drill.source.split(separator: "/").last.map(String.init) ?? drill.source
    let name = file.split(separator: ".").first.map(String.init) ?? file
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return "\(path)-\(name)" }
    return "\(path[..<dot])-\(name)\(path[dot...])"
  }
}
