import Bytes
import Catalog
import Items

extension ServedTable {
  /// Why an item may not be put: it has the key attribute of an index with a value that no key may have. The edge says
  /// so first, and with the index's name; what it let through does not know yet of an index that is new.
  func keyFault(of item: EncodedItem) throws(MalformedBytes) -> String? {
    for plan in globals + locals {
      for key in plan.layout.partition + plan.layout.sort {
        guard let value = try item.value(named: key.name) else { continue }
        if let fault = putFault(of: value, key, plan) { return fault }
      }
    }
    return nil
  }

  private func putFault(of value: AttributeValue, _ key: KeyAttribute, _ plan: IndexPlan) -> String? {
    let name = String(decoding: key.name, as: UTF8.self)
    guard KeyType(of: value) == key.type else {
      return "One or more parameter values were invalid: Type mismatch for Index Key \(name) Expected: "
        + "\(key.type.name) Actual: \(value.typeName)"
    }
    guard value.isFitForKey else {
      return
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
        + "The AttributeValue for a key attribute cannot contain an empty "
        + "\(key.type == .string ? "string" : "binary") value. IndexKey: \(name)"
    }
    return sizeFault(of: value, key, plan)
  }

  /// Why an update may not lead to that item: it gives the key attribute of an index a value that no key may have. Others
  /// may be as they were, from before there was such an index. The texts are DynamoDB's, but for the index's name,
  /// which a shard does not know.
  func keyFault(from old: AttributeMap, to new: AttributeMap) -> String? {
    for plan in globals + locals {
      for key in plan.layout.partition + plan.layout.sort {
        guard let value = new[key.name], value != old[key.name] else { continue }
        if let fault = fault(of: value, key, plan) { return fault }
      }
    }
    return nil
  }

  private func fault(of value: AttributeValue, _ key: KeyAttribute, _ plan: IndexPlan) -> String? {
    guard KeyType(of: value) == key.type else {
      return "The update expression attempted to update the secondary index key to unsupported type"
    }
    guard value.isFitForKey else {
      return "The update expression attempted to update the secondary index key to a value that is not supported. "
        + "The AttributeValue for a key attribute cannot contain an empty "
        + "\(key.type == .string ? "string" : "binary") value."
    }
    return sizeFault(of: value, key, plan)
  }

  private func sizeFault(of value: AttributeValue, _ key: KeyAttribute, _ plan: IndexPlan) -> String? {
    let isPartition = plan.layout.partition.contains(key)
    let bytesMax = isPartition ? IndexLayout.partitionBytesMax : IndexLayout.sortBytesMax
    guard value.sizeBytes <= bytesMax else {
      return isPartition
        ? "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
        : "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of "
          + "1024 bytes"
    }
    return nil
  }
}
