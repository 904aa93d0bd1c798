internal import Environment

/// What a driver knows of one client.
struct DriverClient {
  /// Among all clients of the load.
  let number: Int
  private(set) var operation: Operation?
  private(set) var isMeasured = false
  /// Where its latency counts from.
  private(set) var intended = Instant.zero
  /// Where its service time counts from.
  private(set) var began = Instant.zero
  private var isSecond = false
  /// From 1, of each call.
  var attempt = 1
  /// When the attempt under way was sent.
  var sent = Instant.zero
  /// Of the attempt under way; `distantFuture` where there is none.
  var deadline = Instant.distantFuture
  /// How many names it has given up in a history.
  var lives = 0

  init(number: Int) { self.number = number }

  mutating func begin(_ operation: Operation, intended: Instant, _ now: Instant, isMeasured: Bool) {
    self.operation = operation
    self.isMeasured = isMeasured
    self.intended = intended
    began = now
    isSecond = false
    attempt = 1
  }

  /// Goes on to the operation's second call; false where there is none, or it was this one.
  mutating func beginSecond() -> Bool {
    guard operation?.then != nil, !isSecond else { return false }
    isSecond = true
    attempt = 1
    return true
  }

  mutating func end() {
    operation = nil
    deadline = .distantFuture
  }

  /// The call that the client is at.
  var call: Call {
    guard let operation else { fatalError("A client without an operation has no call.") }
    guard isSecond, let second = operation.then else { return operation.call }
    return second
  }

  /// As a history calls it: a new one after each call whose outcome stays open.
  var name: String { lives == 0 ? "c\(number)" : "c\(number).\(lives)" }
}
