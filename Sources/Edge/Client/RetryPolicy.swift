/// How often a failed call is made again, and how long before: full jitter under a doubling cap.
public struct RetryPolicy: Sendable {
  public var attemptsMax: Int
  public var firstDelayMs: Int
  public var delayMsMax: Int

  public init(attemptsMax: Int, firstDelayMs: Int, delayMsMax: Int) {
    self.attemptsMax = attemptsMax
    self.firstDelayMs = firstDelayMs
    self.delayMsMax = delayMsMax
  }

  /// For set-up work, which should outlast an election.
  public static let standard = RetryPolicy(attemptsMax: 12, firstDelayMs: 20, delayMsMax: 1_000)
  /// For callers that judge each answer themselves.
  public static let none = RetryPolicy(attemptsMax: 1, firstDelayMs: 0, delayMsMax: 0)

  /// - Parameter attempt: the one that failed, from 1.
  func delayMs(after attempt: Int) -> Int {
    let cap = min(delayMsMax, firstDelayMs << min(attempt - 1, 16))
    return cap > 0 ? Int.random(in: 0...cap) : 0
  }
}
