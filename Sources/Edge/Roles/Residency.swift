import Catalog
import Crypto
import Settings

extension NodeSettings {
  /// The rules as the catalog has them.
  var residencies: [TableResidency] {
    Set(residency.map(\.table)).sorted().map { table in
      let rules = residency.filter { $0.table == table }.map(\.rule)
      return TableResidency(table: table, residency: Residency(rules: rules))
    }
  }

  /// HMAC-SHA256 with the key in the file. The key stays in this process.
  func residencyHash() throws(SettingsError) -> ResidencyHash? {
    guard let residencyKeyFile else { return nil }
    let key = SymmetricKey(data: try ResidencySettings.key(in: residencyKeyFile))
    return { Array(HMAC<SHA256>.authenticationCode(for: $0, using: key)) }
  }
}

extension ResidencySettings {
  fileprivate var rule: Residency.Rule {
    let lists: [([String], Residency.Treatment)] = [
      (keep, .keep), (drop, .drop), (hash, .hash), (mask, .mask),
    ]
    return Residency.Rule(
      region: region, otherwise: otherwise.stored,
      attributes: lists.flatMap { names, treatment in
        names.map { Residency.Attribute(name: Array($0.utf8), treatment: treatment) }
      })
  }
}

extension ResidencyTreatment {
  fileprivate var stored: Residency.Treatment {
    switch self {
    case .keep: .keep
    case .drop: .drop
    case .hash: .hash
    case .mask: .mask
    }
  }
}
