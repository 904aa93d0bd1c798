/// Looks for an order of calls that the model allows: Wing and Gong's search with Lowe's memoisation.
///
/// Calls are taken from the list one after the other, each between its invocation and its return; where nothing can come
/// next, the last one is put back. What keeps this short:
///
/// - **Reads first.** A closed call that may come next, can happen in the state and does not change it is taken at once:
///   any order in which it comes later is also an order with it here.
/// - **Open calls late.** An open call is bound by no return, so it can be left out where nobody would notice and moved
///   behind its successor where the two commute. Only orders in which neither is possible are looked at: each open call
///   is needed by what follows it. Closed calls are tried before open ones.
/// - **Reach.** See ``HistoryModel/canLead(from:isRunning:to:_:)``.
/// - **Ledger.** See ``HistoryLedger``.
/// - **Kinds.** Of open calls that can stand for each other the one invoked first is taken first.
/// - **Cover.** See ``VisitedStates``.
///
/// Each rule turns an order into another one that uses fewer open calls, or uses them later, or in the order of their
/// numbers, or has its reads earlier. So the order that is least in this sense survives all of them.
struct Search<Model: HistoryModel> {
  enum End {
    case found
    case none
    /// The budget was used up.
    case exhausted
  }

  /// A state of affairs and how far its ways on have been tried.
  private struct Frame {
    var state: Model.State
    /// The open call that led here, where the next call has to need it, and the state before it.
    var pending: (call: Int, before: Model.State)?
    /// How much of `order` was there before the move that led here.
    var orderBefore: Int
    var firstReturn: Int64
    /// The next closed call to try: an event of the list.
    var event: CallList.Event
    /// The next kind of open call to try.
    var kind = 0
  }

  private let closed: [ClosedCall<Model.Step>]
  private let open: [OpenCall<Model.Step>]
  /// The open calls of each kind, by invocation.
  private let kinds: [[Int]]
  private let reach: Model.Reach
  private var ledger: Model.Ledger
  private let budget: Int

  private var list: CallList
  private var frames: [Frame] = []
  /// What took effect so far: a closed call, or the complement of an open one.
  private var order: [Int] = []
  private var closedCount = 0
  private var closedHash = CallSetHash()
  /// How many of each kind, and which of all, were used.
  private var usedOfKind: [Int]
  private var used: [UInt64]
  private var visited: VisitedStates<Model.State>

  /// How often the model was asked.
  private(set) var steps = 0
  private(set) var deadEnd: DeadEnd<Model.State>?

  /// - Parameter open: by invocation.
  init(closed: [ClosedCall<Model.Step>], open: [OpenCall<Model.Step>], budget: Int) {
    self.closed = closed
    self.open = open
    self.budget = budget
    reach = Model.reach(of: open.map(\.step))
    ledger = Model.Ledger(closed: closed.map(\.step), open: open.map(\.step))
    var kinds: [[Int]] = Array(repeating: [], count: (open.map(\.kind).max() ?? -1) + 1)
    for (call, openCall) in open.enumerated() { kinds[openCall.kind].append(call) }
    self.kinds = kinds
    list = CallList(closed)
    usedOfKind = Array(repeating: 0, count: kinds.count)
    used = Array(repeating: 0, count: (open.count + 63) / 64)
    visited = VisitedStates(openCalls: open.count)
  }

  mutating func run() -> End {
    enter(Model.initial, pending: nil, orderBefore: 0)
    while !frames.isEmpty {
      if list.isEmpty { return .found }
      guard steps < budget else { return .exhausted }
      if !takeClosed() && !takeOpen() { leave() }
    }
    return .none
  }

  // MARK: Moves

  /// Takes the next closed call that can follow in the last frame; false where there is none.
  private mutating func takeClosed() -> Bool {
    let top = frames.count - 1
    while let call = list.invokedCall(frames[top].event) {
      frames[top].event = list.after(frames[top].event)
      let step = closed[call].step
      guard let state = apply(step, frames[top].state) else { continue }
      if let pending = frames[top].pending, !isNeeded(pending, by: step, state) { continue }
      let orderBefore = order.count
      take(closed: call)
      enter(state, pending: nil, orderBefore: orderBefore)
      return true
    }
    return false
  }

  /// Takes the next open call that can follow in the last frame; false where there is none.
  private mutating func takeOpen() -> Bool {
    let top = frames.count - 1
    if frames[top].kind == 0 && !canOpenHelp(frames[top]) { return false }
    while frames[top].kind < kinds.count {
      let kind = frames[top].kind
      frames[top].kind += 1
      guard usedOfKind[kind] < kinds[kind].count else { continue }
      let call = kinds[kind][usedOfKind[kind]]
      let before = frames[top].state
      guard open[call].invoked <= frames[top].firstReturn, let state = apply(open[call].step, before), state != before
      else { continue }
      if let pending = frames[top].pending, !isNeeded(pending, by: open[call].step, state, open: call) { continue }
      let orderBefore = order.count
      take(open: call)
      enter(state, pending: (call, before), orderBefore: orderBefore)
      return true
    }
    return false
  }

  /// Whether open calls may make a closed one possible that has to come next.
  private mutating func canOpenHelp(_ frame: Frame) -> Bool {
    var event = list.first
    while let call = list.invokedCall(event) {
      steps += 1
      if Model.canLead(from: frame.state, isRunning: frame.pending != nil, to: closed[call].step, reach) { return true }
      event = list.after(event)
    }
    return false
  }

  /// Whether the pending open call can neither be left out before `step` nor come after it. `after` is the state that
  /// `step` leaves; two open calls that commute are taken in the order of their numbers.
  private mutating func isNeeded(
    _ pending: (call: Int, before: Model.State), by step: Model.Step, _ after: Model.State, open call: Int? = nil
  ) -> Bool {
    guard let without = apply(step, pending.before) else { return true }
    if without == after { return false }
    if let call, pending.call < call { return true }
    return apply(open[pending.call].step, without) != after
  }

  /// Goes on from `state`, unless a configuration that covers this one has led nowhere.
  private mutating func enter(_ state: Model.State, pending: (call: Int, before: Model.State)?, orderBefore: Int) {
    var pending = pending
    if takeReads(state) { pending = nil }
    if ledger.isHopeless(state) || pending == nil && !visited.insert(closedHash, state, used: used) {
      if pending == nil { noteDeadEnd(state) }
      undo(to: orderBefore)
      return
    }
    frames.append(
      Frame(
        state: state, pending: pending, orderBefore: orderBefore, firstReturn: list.firstReturn, event: list.first))
  }

  /// Takes every read that can come next, and those that can come then; false where there is none.
  private mutating func takeReads(_ state: Model.State) -> Bool {
    let countBefore = order.count
    var event = list.first
    while let call = list.invokedCall(event) {
      if Model.isReadOnly(closed[call].step) && apply(closed[call].step, state) != nil {
        take(closed: call)
        event = list.first
      } else {
        event = list.after(event)
      }
    }
    return order.count > countBefore
  }

  /// Gives the last frame up.
  private mutating func leave() {
    guard let frame = frames.popLast() else { return }
    if frame.pending == nil { noteDeadEnd(frame.state) }
    undo(to: frame.orderBefore)
  }

  // MARK: Book-keeping

  @inline(__always) private mutating func apply(_ step: Model.Step, _ state: Model.State) -> Model.State? {
    steps += 1
    return Model.apply(step, to: state)
  }

  private mutating func take(closed call: Int) {
    list.take(call)
    ledger.take(closed: call)
    closedHash.toggle(call)
    closedCount += 1
    order.append(call)
  }

  private mutating func take(open call: Int) {
    usedOfKind[open[call].kind] += 1
    ledger.take(open: call)
    used[call / 64] |= 1 << (call % 64)
    order.append(~call)
  }

  private mutating func undo(to count: Int) {
    while order.count > count {
      let call = order.removeLast()
      if call >= 0 {
        list.putBack(call)
        ledger.putBack(closed: call)
        closedHash.toggle(call)
        closedCount -= 1
      } else {
        usedOfKind[open[~call].kind] -= 1
        ledger.putBack(open: ~call)
        used[~call / 64] &= ~(1 << (~call % 64))
      }
    }
  }

  private mutating func noteDeadEnd(_ state: Model.State) {
    guard closedCount > deadEnd?.placed ?? -1 else { return }
    var waiting: [Int] = []
    var event = list.first
    while let call = list.invokedCall(event) {
      waiting.append(closed[call].entry)
      event = list.after(event)
    }
    let last = order.suffix(DeadEnd<Model.State>.lastMax).map { $0 >= 0 ? closed[$0].entry : open[~$0].entry }
    let unmet = ledger.isHopeless(state) ? ledger.unmet(state) : []
    deadEnd = DeadEnd(
      placed: closedCount, last: last, state: state, unmet: unmet.map { closed[$0].entry }, waiting: waiting,
      firstReturn: list.firstReturn)
  }
}

/// The furthest that a search came: entries are places in the history.
struct DeadEnd<State> {
  static var lastMax: Int { 12 }

  /// Closed calls that were placed.
  var placed: Int
  /// The last entries that were placed, in their order.
  var last: [Int]
  /// What they left.
  var state: State
  /// Entries that are left and need what nothing can bring about any more, at most a few.
  var unmet: [Int]
  /// Entries of which one had to come next, and none can.
  var waiting: [Int]
  /// When the first of those returned.
  var firstReturn: Int64
}
