public import Synchronization

/// A number that only grows. Any thread adds and reads; relaxed, because nothing is ordered by it.
public final class Counter: Sendable {
  @usableFromInline let value = Atomic<UInt64>(0)

  public init() {}

  @inlinable public func add(_ amount: UInt64 = 1) {
    value.wrappingAdd(amount, ordering: .relaxed)
  }

  @inlinable public var current: UInt64 { value.load(ordering: .relaxed) }
}

/// A number that goes up and down: links that are up, bytes that wait.
public final class Gauge: Sendable {
  @usableFromInline let value = Atomic<Int64>(0)

  public init() {}

  @inlinable public func set(_ level: Int64) { value.store(level, ordering: .relaxed) }

  @inlinable public func add(_ amount: Int64) {
    value.wrappingAdd(amount, ordering: .relaxed)
  }

  @inlinable public var current: Int64 { value.load(ordering: .relaxed) }
}
