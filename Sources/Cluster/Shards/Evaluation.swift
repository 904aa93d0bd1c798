import Catalog
import Expressions
public import Items
public import Messages
public import Raft
import Store

/// What a leader decides about a write.
public enum Verdict: Sendable {
  /// Append `command`; once it is applied, answer `answer`. `image` is what the item will be, nil for a delete.
  case propose(ShardCommand, image: EncodedItem?, answer: WriteAnswer)
  /// Nothing to append. The answer tells what the item was: it may be given once the entry at `after` is committed,
  /// or, where that is nil, once the replica has proved that it still leads.
  case answer(Answer, after: LogIndex?)
  /// Independent of any item.
  case refuse(Refusal)
}

extension ShardMachine {
  /// DynamoDB's limit of an item's size.
  public static let itemBytesMax = 400 * 1024

  /// Evaluates a write against the newest proposed state of its item. Only a leader that has applied an entry of its
  /// own term may ask.
  ///
  /// - Parameter timeMs: when the write was issued.
  public func evaluate(_ write: ItemWrite, timeMs: UInt64 = 0) -> Verdict {
    guard let table = tables[write.key.table] else { return .refuse(.unknownTable) }
    guard let range, range.contains(write.key.hash) else { return .refuse(.wrongShard) }
    let current: CurrentItem
    do { current = try self.current(write, in: table) } catch {
      return .refuse(unreadable(error))
    }
    if let condition = write.condition, !condition.evaluate(current.map) {
      let shown = write.returns.contains(.onConditionFailure) ? current.item : nil
      return .answer(.conditionFailed(old: shown, oldBytes: current.bytes), after: current.after)
    }
    let verdict =
      switch write.action {
      case .put(let item): put(write, item, current, table)
      case .delete: propose(write, nil, current)
      case .update(let expression, let key): update(write, expression, key, current, table)
      }
    return table.settings.replication == nil ? verdict : versioned(verdict, write, table, timeMs: timeMs)
  }

  private func versioned(_ verdict: Verdict, _ write: ItemWrite, _ table: ServedTable, timeMs: UInt64) -> Verdict {
    guard case .propose(_, let image, let answer) = verdict else { return verdict }
    if table.settings.replication?.isClosed == true || closing.contains(table.settings.id) {
      return .refuse(.unknownTable)
    }
    let command = ShardCommand.version(write.key, image, time: nextTime(in: table, atMs: timeMs))
    return .propose(command, image: image, answer: answer)
  }

  private func put(_ write: ItemWrite, _ item: EncodedItem, _ current: CurrentItem, _ table: ServedTable) -> Verdict {
    do {
      if !table.globals.isEmpty || !table.locals.isEmpty, let fault = try table.keyFault(of: item) {
        return .answer(.refused(.invalid(fault)), after: current.after)
      }
      guard let residency = table.residency, residency.holdsCopies else { return propose(write, item, current) }
      guard let whole = try residency.put(item, over: current.item) else {
        return .answer(.refused(.invalid(ResidencyPlan.refusal)), after: current.after)
      }
      return propose(write, whole, current)
    } catch {
      return .refuse(.invalid("The item cannot be read."))
    }
  }

  private func update(
    _ write: ItemWrite, _ expression: UpdateExpression, _ key: EncodedItem, _ current: CurrentItem,
    _ table: ServedTable
  ) -> Verdict {
    // Nothing to take away from: the item stays missing, and there is nothing to append.
    if current.map == nil, !expression.createsItem {
      return .answer(.written(WriteAnswer(oldBytes: 0, newBytes: 0)), after: current.after)
    }
    guard let base = current.map ?? (try? key.decode()) else { return .refuse(.invalid("The key cannot be read.")) }
    let changed: AttributeMap
    do { changed = try expression.apply(to: base, exists: current.map != nil) } catch {
      return .answer(.refused(.invalid(error.message)), after: current.after)
    }
    if isNestedTooDeeply(changed, expression) {
      return .answer(.refused(.invalid("Nesting Levels have exceeded supported limits")), after: current.after)
    }
    if !table.isPlain, let fault = table.keyFault(from: base, to: changed) {
      return .answer(.refused(.invalid(fault)), after: current.after)
    }
    if let residency = table.residency, residency.holdsCopies, !residency.leaves(base, as: changed) {
      return .answer(.refused(.invalid(ResidencyPlan.refusal)), after: current.after)
    }
    let item = EncodedItem(changed)
    guard item.sizeBytes <= Self.itemBytesMax else {
      let text = "Item size to update has exceeded the maximum allowed size"
      return .answer(.refused(.invalid(text)), after: current.after)
    }
    return propose(write, item, current)
  }

  /// What an update was given is within the bound by itself; put below a path, or appended to a list, it may go beyond.
  private func isNestedTooDeeply(_ item: AttributeMap, _ update: UpdateExpression) -> Bool {
    update.topLevelNames.contains { (item[$0]?.nestingLevels ?? 0) > ItemLimits.nestingLevelsMax }
  }

  private func propose(_ write: ItemWrite, _ item: EncodedItem?, _ current: CurrentItem) -> Verdict {
    let command = item.map { ShardCommand.put(write.key, $0) } ?? .delete(write.key)
    let answer = WriteAnswer(
      oldBytes: current.bytes, newBytes: item.map { UInt32($0.sizeBytes) } ?? 0,
      old: write.returns.contains(.old) ? current.item : nil,
      new: write.returns.contains(.new) ? item : nil)
    return .propose(command, image: item, answer: answer)
  }

  /// The item as the write finds it: in the newest proposal, else in the store. Not read where nothing depends on it.
  private struct CurrentItem {
    var item: EncodedItem?
    var map: AttributeMap?
    var bytes: UInt32 = 0
    /// The proposal that it comes from.
    var after: LogIndex?
  }

  private func current(_ write: ItemWrite, in table: ServedTable) throws -> CurrentItem {
    var current = CurrentItem()
    if needsCurrent(write) || table.residency?.holdsCopies == true {
      if let image = proposed[write.key.bytes] {
        current.item = image.item
        current.after = image.index
      } else {
        current.item = try store.get(write.key.bytes).map { EncodedItem(trusted: $0) }
      }
    }
    guard let item = current.item else { return current }
    current.bytes = UInt32(item.sizeBytes)
    if needsAttributes(write) { current.map = try item.decode() }
    return current
  }

  private func needsCurrent(_ write: ItemWrite) -> Bool {
    needsAttributes(write) || !write.returns.isDisjoint(with: [.old, .oldSize])
  }

  private func needsAttributes(_ write: ItemWrite) -> Bool {
    if case .update = write.action { return true }
    return write.condition != nil
  }
}
