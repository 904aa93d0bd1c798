import Environment

@testable import Raft

/// `index@term`.
func text(_ position: LogPosition) -> String { "\(position.index)@\(position.term)" }

func text(_ entry: Entry) -> String {
  switch entry.kind {
  case .normal: "\(text(entry.position)) \(String(decoding: entry.payload, as: UTF8.self))"
  case .leaderStart: "\(text(entry.position)) leaderStart"
  case .membership: "\(text(entry.position)) \((try? Membership(payload: entry.payload)).map(text) ?? "?")"
  }
}

func text(_ membership: Membership) -> String {
  func list(_ name: String, _ ids: [ReplicaID]) -> String {
    ids.isEmpty ? "" : " \(name) " + ids.map { "\($0.rawValue)" }.joined(separator: " ")
  }
  return "members" + list("voters", membership.voters) + list("outgoing", membership.outgoing)
    + list("learners", membership.learners)
}

func text(_ event: Group.Event) -> String {
  switch event {
  case .role(let change):
    "is \(change.role) of term \(change.term)"
      + (change.leader.map { change.role == .leader ? "" : ", leader \($0.rawValue)" } ?? "")
  case .membership(let membership): "has \(text(membership))"
  case .reset(let position): "resets its log to \(text(position))"
  case .write(let hardState, let entries):
    "writes" + (hardState.map { " term \($0.term) vote \($0.vote.map { "\($0.rawValue)" } ?? "-")" } ?? "")
      + (entries.isEmpty ? "" : " [" + entries.map(text).joined(separator: ", ") + "]")
  case .sent(let message, let isAfterSync):
    "\(isAfterSync ? "=>" : "->") \(message.to.rawValue) term \(message.term) \(text(message.body))"
  case .applied(let entry): "applies \(text(entry))"
  case .read(let read): "reads \(read.token) at \(read.index)"
  case .abandoned(let token): "abandons read \(token)"
  case .fetch(let fetch): "fetches for \(fetch.peer.rawValue) after \(text(fetch.previous)) through \(fetch.through)"
  case .offered(let offer): "is offered a snapshot at \(text(offer.position)) by \(offer.from.rawValue)"
  }
}

/// The usual promise goes without saying.
private func text(_ promise: Span) -> String { promise == .zero ? ", promises nothing" : "" }

func text(_ body: Message.Body) -> String {
  switch body {
  case .preVote(let last): "preVote last \(text(last))"
  case .preVoteAnswer(let isGranted): "preVoteAnswer \(isGranted ? "yes" : "no")"
  case .vote(let last, let isTransfer): "vote last \(text(last))\(isTransfer ? " transfer" : "")"
  case .voteAnswer(let isGranted): "voteAnswer \(isGranted ? "yes" : "no")"
  case .append(let previous, let entries, let commit, let round):
    "append after \(text(previous)) [\(entries.map(text).joined(separator: ", "))] "
      + "commit \(commit) round \(round.number)"
  case .appendAnswer(let match, let round, let promise):
    "appendAnswer match \(match) round \(round.number)\(text(promise))"
  case .appendConflict(let rejected, let hint, _, let promise):
    "appendConflict rejected \(rejected) hint \(text(hint))\(text(promise))"
  case .heartbeat(let commit, let round): "heartbeat commit \(commit) round \(round.number)"
  case .heartbeatAnswer(let round, let promise): "heartbeatAnswer round \(round.number)\(text(promise))"
  case .installSnapshot(let position, let membership, _): "installSnapshot \(text(position)) \(text(membership))"
  case .timeoutNow: "timeoutNow"
  }
}
