public import Environment
public import Messages
import Raft
import Replicas
import Store

/// The node as the one from which others fetch the state of a group.
extension Node {
  /// A frame from another node's bulk connection. One that cannot be read is dropped.
  public func receivedBulk(_ frame: [UInt8], from node: NodeID, now: Instant) {
    guard let frame = try? SnapshotFrame(frame) else { return }
    switch frame.body {
    case .open(let position): open(frame, atLeast: position, for: node, now: now)
    case .next(let sequence): serve(sequence, frame, to: node, now: now)
    case .keep: snapshots.server.session(of: node, frame.group, frame.fetch)?.touchedAt = now
    case .close:
      if let session = snapshots.server.session(of: node, frame.group, frame.fetch) {
        snapshots.server.end(session, now: now)
      }
    case .header, .item, .refused: fetched(frame, from: node, now: now)
    }
  }

  private func open(_ frame: SnapshotFrame, atLeast position: LogPosition, for node: NodeID, now: Instant) {
    if let known = snapshots.server.session(of: node, frame.group, frame.fetch) {
      known.touchedAt = now
      return answer(.header(known.header), to: frame, of: node)
    }
    snapshots.server.endSessions(of: node, frame.group, now: now)
    guard let replica = replica(frame.group), !replica.isSwitching, replica.store.applied >= position else {
      return answer(.refused(.behind), to: frame, of: node)
    }
    guard snapshots.server.hasRoom, leavesRoomForWrites else { return answer(.refused(.busy), to: frame, of: node) }
    do throws(StoreError) {
      let session = SnapshotSession(
        client: node, group: frame.group, fetch: frame.fetch, identity: snapshots.drawNumber(),
        view: try replica.store.view(), metadata: replica.storeMetadata(),
        chunkBytes: configuration.snapshotChunkBytes, now: now)
      snapshots.server.add(session)
      snapshots.servedCount += 1
      answer(.header(session.header), to: frame, of: node)
    } catch {
      readFailed(frame.group, error)
      answer(.refused(.failed), to: frame, of: node)
    }
  }

  /// What is in memory when a view is opened stays there for as long as the follower takes: no more than half of what
  /// writes may fill. Until there is less, flushes are due.
  private var leavesRoomForWrites: Bool { overlayBytes <= configuration.overlayBytesMax / 2 }

  private func serve(_ sequence: UInt64, _ frame: SnapshotFrame, to node: NodeID, now: Instant) {
    guard let session = snapshots.server.session(of: node, frame.group, frame.fetch) else {
      return answer(.refused(.unknown), to: frame, of: node)
    }
    session.touchedAt = now
    // Its answer is on its way.
    if session.isReading { return }
    if let newest = session.newest, sequence <= newest.sequence {
      // An older question comes late.
      guard sequence == newest.sequence else { return }
      return answer(.item(sequence, newest.bytes), to: frame, of: node)
    }
    guard session.mayRead(sequence) else { return answer(.refused(.unknown), to: frame, of: node) }
    let work = session.read(sequence)
    startJob(.snapshot(.read(session, sequence)), lane: .background, work)
  }

  func readEnded(_ session: SnapshotSession, _ sequence: UInt64, error: (any Error)?, now: Instant) {
    snapshots.server.readEnded(session)
    let frame = SnapshotFrame(group: session.group, fetch: session.fetch, body: .keep)
    if let error {
      snapshots.server.end(session, now: now)
      readFailed(session.group, error)
      return answer(.refused(.failed), to: frame, of: session.client)
    }
    guard snapshots.server.session(of: session.client, session.group, session.fetch) === session,
      let newest = session.newest
    else { return }
    answer(.item(newest.sequence, newest.bytes), to: frame, of: session.client)
  }

  private func readFailed(_ group: GroupID, _ error: any Error) {
    guard let error = error as? StoreError, error.isDamage else { return }
    damageFound.append((group, "Its store is damaged: \(error)."))
  }

  private func answer(_ body: SnapshotFrame.Body, to frame: SnapshotFrame, of node: NodeID) {
    snapshots.send(SnapshotFrame(group: frame.group, fetch: frame.fetch, body: body), to: node)
  }
}
