import Items

/// Which attributes of a table's items may be in which of its regions.
///
/// A region with a rule holds masked copies: what the rule does not keep is left out or changed in the region that it
/// comes from, before it leaves. Regions without a rule hold everything, and only there can it be written.
public struct Residency: Equatable, Sendable {
  /// What becomes of an attribute. Stored: the raw values.
  public enum Treatment: UInt8, Sendable, CaseIterable {
    case keep = 1
    /// It does not leave.
    case drop = 2
    /// In its place there is a keyed hash of it: equal values can be found equal.
    case hash = 3
    /// In its place there is a value of the same type that says nothing.
    case mask = 4
  }

  public struct Attribute: Equatable, Sendable {
    public var name: [UInt8]
    public var treatment: Treatment

    public init(name: [UInt8], treatment: Treatment) {
      self.name = name
      self.treatment = treatment
    }
  }

  /// What one region may hold.
  public struct Rule: Equatable, Sendable {
    public var region: String
    /// Of what ``attributes`` does not name. The table's key is always kept.
    public var otherwise: Treatment
    /// Ascending by name, each once.
    public var attributes: [Attribute]

    public init(region: String, otherwise: Treatment = .keep, attributes: [Attribute]) {
      self.region = region
      self.otherwise = otherwise
      self.attributes = attributes.sorted { ByteOrder.precedes($0.name, $1.name) }
    }

    func treatment(of name: [UInt8]) -> Treatment {
      attributes.first { $0.name == name }?.treatment ?? otherwise
    }

    /// Whether values are to be hashed, for which a node needs a key.
    public var hashes: Bool { otherwise == .hash || attributes.contains { $0.treatment == .hash } }
  }

  /// Ascending by region, each once; at least one.
  public var rules: [Rule]

  public init(rules: [Rule]) {
    self.rules = rules.sorted { $0.region.utf8.lexicographicallyPrecedes($1.region.utf8) }
  }

  /// Nil for a region that holds everything.
  public func rule(for region: String) -> Rule? { rules.first { $0.region == region } }

  /// The attribute by which a masked copy says what it lacks: a set of the names of attributes that were left out or
  /// changed. ``unnamed`` among them stands for those that the rule does not name, whose names do not leave either.
  public static let marker = Array("gantry:withheld".utf8)
  static let unnamed = Array("*".utf8)

  /// Whether an attribute belongs to those that some region does not hold as they are.
  public func protects(_ name: [UInt8], in key: KeySchema) -> Bool {
    if key.attributes.contains(where: { $0.name == name }) { return false }
    return name == Self.marker || rules.contains { $0.treatment(of: name) != .keep }
  }

  /// The first attribute that is a key of the table, or of one of its indexes, and that a rule does not keep.
  public func fault(with definition: TableDefinition) -> [UInt8]? {
    for attribute in definition.key.attributes
    where rules.contains(where: { rule in
      rule.attributes.contains { $0.name == attribute.name && $0.treatment != .keep }
    }) {
      return attribute.name
    }
    return definition.indexes.flatMap(\.key.attributes).map(\.name)
      .first { protects($0, in: definition.key) }
  }
}

/// The residency rules of a table of that name, whether it exists or not.
public struct TableResidency: Equatable, Sendable {
  public var table: String
  public var residency: Residency

  public init(table: String, residency: Residency) {
    self.table = table
    self.residency = residency
  }
}
