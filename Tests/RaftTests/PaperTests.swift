import Environment
import Testing

@testable import Raft

/// Rules of "In Search of an Understandable Consensus Algorithm" (extended version), by section.
@Suite struct PaperTests {
  private let one = ReplicaID(1)
  private let two = ReplicaID(2)
  private let three = ReplicaID(3)

  private func group(_ terms: [Term] = [], term: Term? = nil, vote: ReplicaID? = nil) -> RaftGroup {
    let entries = terms.enumerated().map {
      Entry(index: UInt64($0.offset) + 1, term: $0.element, kind: .normal, payload: [])
    }
    var group = RaftGroup(
      configuration: RaftConfiguration(), id: one,
      recovered: Recovered(
        hardState: HardState(term: term ?? terms.last ?? 0, vote: vote),
        membership: Membership(voters: [one, two, three]), compacted: .zero, entries: entries, applied: 0),
      random: SeededRandom(seed: 5), now: .zero)
    group.clock = group.promisedUntil  // The silence after a restart is over.
    return group
  }

  private func take(_ group: inout RaftGroup) -> Ready {
    let ready = group.takeReady()
    group.persisted(ready.ticket)
    return ready
  }

  private func vote(_ group: inout RaftGroup, from: ReplicaID, term: Term, last: LogPosition) -> Bool? {
    group.step(
      Message(from: from, to: one, term: term, body: .vote(last: last, isTransfer: false)), now: group.clock)
    for message in take(&group).messagesAfterSync {
      if case .voteAnswer(let isGranted) = message.body { return isGranted }
    }
    return nil
  }

  private func append(
    _ group: inout RaftGroup, term: Term, after previous: LogPosition, _ terms: [Term], commit: LogIndex = 0
  ) -> Message.Body? {
    let entries = terms.enumerated().map {
      Entry(index: previous.index + UInt64($0.offset) + 1, term: $0.element, kind: .normal, payload: [])
    }
    let body = Message.Body.append(previous: previous, entries: entries, commit: commit, round: .none)
    group.step(Message(from: two, to: one, term: term, body: body), now: group.clock)
    return take(&group).messagesAfterSync.last?.body
  }

  private func lead(_ group: inout RaftGroup) {
    group.tick(group.nextDeadline)
    let term = group.term + 1
    group.step(
      Message(from: two, to: one, term: term, body: .preVoteAnswer(isGranted: true)), now: group.clock)
    _ = take(&group)
    group.step(Message(from: two, to: one, term: term, body: .voteAnswer(isGranted: true)), now: group.clock)
    #expect(group.isLeader)
  }

  @Test func section_5_1_aNewerTermMakesAFollower() {
    var group = group([1])
    lead(&group)
    group.step(
      Message(from: three, to: one, term: 9, body: .appendAnswer(match: 0, round: .none, promise: .zero)),
      now: group.clock)
    #expect(group.role == .follower && group.term == 9 && group.leader == nil)
  }

  @Test func section_5_1_anOlderTermIsRefused() {
    var group = group([1, 4])
    #expect(vote(&group, from: two, term: 3, last: LogPosition(index: 9, term: 3)) == false)
    #expect(append(&group, term: 3, after: LogPosition(index: 2, term: 4), [4]) == nil)
    #expect(group.last.index == 2)
  }

  @Test func section_5_2_oneVoteATerm() {
    var group = group()
    #expect(vote(&group, from: two, term: 1, last: .zero) == true)
    #expect(vote(&group, from: three, term: 1, last: .zero) == false)
    #expect(vote(&group, from: two, term: 1, last: .zero) == true)
  }

  @Test func section_5_2_theVoteIsWrittenBeforeItIsGiven() {
    var group = group()
    group.step(Message(from: two, to: one, term: 1, body: .vote(last: .zero, isTransfer: false)), now: .zero)
    let ready = group.takeReady()
    #expect(ready.hardState?.term == 1 && ready.hardState?.vote == two)
    #expect(ready.messages.isEmpty && ready.messagesAfterSync.count == 1)
  }

  @Test func section_5_2_aVoteOutlivesARestart() {
    var group = group([], term: 3, vote: two)
    #expect(vote(&group, from: three, term: 3, last: .zero) == false)
    #expect(vote(&group, from: two, term: 3, last: .zero) == true)
  }

  @Test func section_5_2_timeoutsDifferAndStayInTheirRange() {
    var configuration = RaftConfiguration()
    configuration.firstElectionTimeoutMin = .milliseconds(300)
    configuration.firstElectionTimeoutMax = .milliseconds(600)
    var seen: Set<Instant> = []
    for seed in 0..<200 {
      let group = RaftGroup(
        configuration: configuration, id: one, recovered: Recovered(blank: Membership(voters: [one, two, three])),
        random: SeededRandom(seed: UInt64(seed)), now: .zero)
      #expect(group.nextDeadline.since(.zero) >= .milliseconds(300))
      #expect(group.nextDeadline.since(.zero) <= .milliseconds(600))
      seen.insert(group.nextDeadline)
    }
    #expect(seen.count > 190)
  }

  /// Figure 7: what each follower answers to an append after (10, 6).
  @Test func section_5_3_figure_7() {
    let followers: [([Term], Bool, LogPosition?)] = [
      ([1, 1, 1, 4, 4, 5, 5, 6, 6], false, LogPosition(index: 9, term: 6)),
      ([1, 1, 1, 4], false, LogPosition(index: 4, term: 4)),
      ([1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6], true, nil),
      ([1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7], true, nil),
      ([1, 1, 1, 4, 4, 4, 4], false, LogPosition(index: 7, term: 4)),
      ([1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3], false, LogPosition(index: 10, term: 3)),
    ]
    for (terms, accepts, hint) in followers {
      var group = group(terms, term: 7)
      let answer = append(&group, term: 8, after: LogPosition(index: 10, term: 6), [8])
      if accepts {
        #expect(answer == .appendAnswer(match: 11, round: .none, promise: .milliseconds(300)))
        #expect(group.last == LogPosition(index: 11, term: 8))
      } else {
        #expect(answer == .appendConflict(rejected: 10, hint: hint!, round: .none, promise: .milliseconds(300)))
        #expect(group.last.index == UInt64(terms.count))
      }
    }
  }

  @Test func section_5_3_anOldAppendCutsNothing() {
    var group = group([1, 1, 1], term: 1)
    #expect(
      append(&group, term: 1, after: .zero, [1]) == .appendAnswer(match: 1, round: .none, promise: .milliseconds(300)))
    #expect(group.last.index == 3)
  }

  @Test func section_5_3_commitFollowsTheLeaderButNotBeyondWhatAgrees() {
    var group = group([1, 1, 1], term: 2)
    _ = append(&group, term: 2, after: .zero, [1], commit: 3)
    #expect(group.commit == 1)
  }

  @Test func section_5_4_1_onlyAnUpToDateLogGetsTheVote() {
    let cases: [([Term], LogPosition, Bool)] = [
      ([1, 2], LogPosition(index: 2, term: 2), true), ([1, 2], LogPosition(index: 1, term: 2), false),
      ([1, 2], LogPosition(index: 9, term: 1), false), ([1, 2], LogPosition(index: 1, term: 3), true),
    ]
    for (terms, last, isGranted) in cases {
      var group = group(terms)
      #expect(vote(&group, from: two, term: 7, last: last) == isGranted)
    }
  }

  @Test func section_5_4_2_onlyEntriesOfTheOwnTermAreCounted() {
    var group = group([1, 1])
    lead(&group)
    _ = take(&group)
    let term = group.term
    group.step(
      Message(from: two, to: one, term: term, body: .appendAnswer(match: 2, round: .none, promise: .zero)),
      now: group.clock)
    #expect(group.commit == 0)
    group.step(
      Message(from: two, to: one, term: term, body: .appendAnswer(match: 3, round: .none, promise: .zero)),
      now: group.clock)
    #expect(group.commit == 3)
  }

  @Test func section_6_aReplicaThatHearsItsLeaderGivesNoVote() {
    var group = group([1])
    _ = append(&group, term: 1, after: LogPosition(index: 1, term: 1), [])
    #expect(vote(&group, from: three, term: 2, last: LogPosition(index: 9, term: 2)) == nil)
    #expect(group.term == 1)
    group.clock = group.clock + .milliseconds(300)
    #expect(vote(&group, from: three, term: 2, last: LogPosition(index: 9, term: 2)) == true)
  }

  @Test func section_8_aLeaderStartsItsTermWithAnEntry() {
    var group = group([1])
    lead(&group)
    #expect(take(&group).entries == [Entry(index: 2, term: 2, kind: .leaderStart, payload: [])])
    #expect(!group.isEstablished)
  }

  /// The position (3, 1) is appended, cut off and appended again while the first sync is still under way.
  @Test func aSyncOfACutOffEntryDoesNotCountForItsReturn() {
    var group = group([1, 1], term: 1)
    group.step(
      Message(
        from: two, to: one, term: 1,
        body: .append(
          previous: LogPosition(index: 2, term: 1), entries: [Entry(index: 3, term: 1, kind: .normal, payload: [])],
          commit: 0, round: .none)), now: .zero)
    let first = group.takeReady()
    group.step(
      Message(
        from: two, to: one, term: 2,
        body: .append(
          previous: LogPosition(index: 2, term: 1), entries: [Entry(index: 3, term: 2, kind: .normal, payload: [])],
          commit: 0, round: .none)), now: .zero)
    _ = group.takeReady()
    group.step(
      Message(
        from: three, to: one, term: 3,
        body: .append(
          previous: LogPosition(index: 2, term: 1), entries: [Entry(index: 3, term: 1, kind: .normal, payload: [])],
          commit: 3, round: .none)), now: .zero)
    let third = group.takeReady()
    #expect(first.ticket.last == third.ticket.last)
    group.persisted(first.ticket)
    #expect(group.takeReady().committed.map { $0.index } == [])
    group.persisted(third.ticket)
    #expect(group.takeReady().committed.map { $0.index } == [3])
  }

  @Test func appendsInFlightAreBounded() {
    var group = group([1])
    lead(&group)
    _ = take(&group)
    group.step(
      Message(from: two, to: one, term: group.term, body: .appendAnswer(match: 2, round: .none, promise: .zero)),
      now: group.clock)
    var sent = 0
    for _ in 0..<100 {
      _ = group.propose([1])
      for message in take(&group).messages where message.to == two {
        if case .append = message.body { sent += 1 }
      }
    }
    #expect(sent == group.configuration.inflightAppendsMax)
  }

  @Test func aConfigurationThatElectsNeedlesslyIsRefused() throws {
    var configuration = RaftConfiguration()
    try configuration.validate()
    configuration.heartbeatInterval = .milliseconds(200)
    #expect(throws: InvalidRaftConfiguration.self) { try configuration.validate() }
  }
}
