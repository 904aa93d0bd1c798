import NIOCore
import Settings

/// Why a process could not start or had to stop: one sentence for its operator.
public struct ProcessFailure: Error, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }

  static func listening(on address: String, key: String, _ error: any Error) -> ProcessFailure {
    let reason =
      (error as? IOError).map { $0.errnoCode == 98 ? "another process has that port" : "\($0)" } ?? "\(error)"
    return ProcessFailure(
      "Cannot listen on \(address) ('\(key)'): \(reason). Choose another address, or stop that process.")
  }

  static func address(_ text: String, key: String) throws -> HostPort {
    guard let address = HostPort(text) else { throw ProcessFailure("'\(key)' is '\(text)', not host:port.") }
    return address
  }
}
