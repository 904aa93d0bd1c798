/// Why a sink cannot start or go on: one clear line.
public struct SinkError: Error, Equatable, Sendable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}
