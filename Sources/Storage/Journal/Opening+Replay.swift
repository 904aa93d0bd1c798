internal import Bytes
internal import Environment
internal import Raft

/// The records of the unproven batch, to be written again.
struct TailCopy {
  var groups: [GroupID] = []
  var records: [UInt8] = []

  mutating func add(_ damage: DamageState) {
    var writer = ByteWriter()
    Record.write(damage, into: &writer)
    records += writer.bytes
  }
}

extension Opening {
  mutating func replaySteps(_ chain: Chain) throws(JournalError) {
    for step in chain.steps {
      switch step {
      case .damage(let groups, let reason): replay.hit(groups, reason)
      case .batch(let batch):
        guard let payload = try read(batch), let range = recordRange(payload) else {
          replay.hit(batch.groups, "batch \(batch.number) cannot be read")
          continue
        }
        let offset = (batch.firstSector - 1) * Format.payloadBytes + range.lowerBound
        do { try replay.apply(payload, range: range, segment: batch.segment, offset: offset) } catch {
          replay.hit(batch.groups, "batch \(batch.number) does not decode")
        }
      }
    }
  }

  /// Replays the unproven batch at the place that its copy will have.
  mutating func replayTail(_ chain: Chain, _ target: Segment) throws(JournalError) -> TailCopy {
    var copy = TailCopy()
    guard let batch = chain.tail else { return copy }
    guard let payload = try read(batch), let range = recordRange(payload) else {
      replay.hit(batch.groups, "batch \(batch.number) cannot be read")
      return copy
    }
    copy.groups = batch.groups ?? []
    let base = BatchHeader.payload(oldest: 0, groups: copy.groups, records: []).headerBytes
    var reader = ByteReader(payload, in: range)
    do {
      while !reader.isAtEnd {
        let start = reader.position
        let record = try Record(from: &reader)
        let slot = Slot(
          segment: target.sequence, offset: UInt32(base + copy.records.count),
          length: UInt32(reader.position - start))
        replay.apply(record, slot, payload)
        // Damage is written once, as it stands at the end.
        if case .damage = record { continue }
        copy.records += payload[start..<reader.position]
      }
    } catch { replay.hit(batch.groups, "batch \(batch.number) does not decode") }
    return copy
  }

  /// Nil where the batch is not what the scan found: a disk may answer the same question in two ways, and what is copied
  /// from here on has checksums of its own.
  private func read(_ batch: FoundBatch) throws(JournalError) -> [UInt8]? {
    guard let file = segments.first(where: { $0.sequence == batch.segment })?.file else {
      fatalError("Batch \(batch.number) lies in a segment that was not scanned.")
    }
    var content = [UInt8](repeating: 0, count: batch.count * Format.sectorBytes)
    let count = try readSectors(file, into: &content, batch)
    guard count == content.count else { throw JournalError(.damaged, "segment \(batch.segment) became shorter") }
    guard isSound(content, batch) else { return nil }
    return joinPayloads(content, first: 0, count: batch.count)
  }

  private func isSound(_ content: [UInt8], _ batch: FoundBatch) -> Bool {
    let identity = SegmentIdentity(sequence: batch.segment, salt: configuration.salt)
    return content.withUnsafeBytes { bytes in
      (0..<batch.count).allSatisfy { sector in
        let start = sector * Format.sectorBytes
        let one = UnsafeRawBufferPointer(rebasing: bytes[start..<start + Format.sectorBytes])
        if case .current = identity.state(of: one, number: batch.firstSector + sector) { return true }
        return false
      }
    }
  }

  private func readSectors(
    _ file: any File, into content: inout [UInt8], _ batch: FoundBatch
  ) throws(JournalError) -> Int {
    do { return try readAll(file, into: &content, at: UInt64(batch.firstSector * Format.sectorBytes)) } catch {
      throw JournalError(error)
    }
  }

  /// Where the records of a batch's payload lie; nil where its header is not sound.
  private func recordRange(_ payload: [UInt8]) -> Range<Int>? {
    var reader = ByteReader(payload)
    guard let header = try? BatchHeader(from: &reader), reader.position <= Int(header.payloadBytes),
      Int(header.payloadBytes) <= payload.count
    else { return nil }
    return reader.position..<Int(header.payloadBytes)
  }
}
