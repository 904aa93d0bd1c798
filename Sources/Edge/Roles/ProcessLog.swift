import Glibc
public import Logging
public import Settings

/// Writes a process's log to standard error: lines for people, or one JSON object a line.
///
/// Messages are constant text; what varies is metadata, sorted by name. Never the contents of an item.
public struct ProcessLog: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]
  private let process: String
  private let format: LogFormat

  public init(process: String, format: LogFormat, level: LogLevel) {
    self.process = process
    self.format = format
    logLevel = Logger.Level(rawValue: level.rawValue) ?? .info
  }

  public static func logger(process: String, format: LogFormat, level: LogLevel) -> Logger {
    Logger(label: process) { _ in ProcessLog(process: process, format: format, level: level) }
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let merged = metadata.merging(event.metadata ?? [:]) { $1 }
    let fields = merged.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value.description) }
    let line =
      switch format {
      case .text: text(event.level, event.message.description, fields)
      case .json: json(event.level, event.message.description, fields)
      }
    // One write a line, so that lines of several threads never mix.
    var bytes = Array(line.utf8)
    bytes.append(UInt8(ascii: "\n"))
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  private func text(_ level: Logger.Level, _ message: String, _ fields: [(name: String, value: String)]) -> String {
    let values = fields.map { " \($0.name)=\($0.value.contains(" ") ? "\"\($0.value)\"" : $0.value)" }.joined()
    return "\(Self.timestamp()) \(level.rawValue) \(process): \(message)\(values)"
  }

  private func json(_ level: Logger.Level, _ message: String, _ fields: [(name: String, value: String)]) -> String {
    let own = [("time", Self.timestamp()), ("level", level.rawValue), ("process", process), ("message", message)]
    let members = (own + fields.map { ($0.name, $0.value) }).map { "\(Self.quoted($0.0)):\(Self.quoted($0.1))" }
    return "{\(members.joined(separator: ","))}"
  }

  /// UTC with milliseconds, as RFC 3339 writes it.
  private static func timestamp() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    var seconds = now.tv_sec
    gmtime_r(&seconds, &parts)
    let date =
      "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    let time = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
    return "\(date)T\(time).\(padded(now.tv_nsec / 1_000_000, 3))Z"
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
