/// Named values in the order of their names' bytes, each name once: an item, a key, or a value of type M.
public struct AttributeMap: Hashable, Sendable {
  public struct Element: Hashable, Sendable {
    /// UTF-8.
    public var name: [UInt8]
    public var value: AttributeValue

    @inlinable public init(name: [UInt8], value: AttributeValue) {
      self.name = name
      self.value = value
    }
  }

  public private(set) var elements: [Element]

  public init() { elements = [] }

  /// Sorts `elements`; a name that occurs twice is a bug of the caller and traps.
  public init(_ elements: [Element]) {
    self.elements = elements.sorted { ByteOrder.precedes($0.name, $1.name) }
    for index in self.elements.indices.dropFirst() where self.elements[index - 1].name == self.elements[index].name {
      fatalError("An attribute map was made of elements that hold one name twice.")
    }
  }

  /// Takes what a decoder has already found to be in order.
  init(ascending elements: [Element]) { self.elements = elements }

  public var count: Int { elements.count }

  public var isEmpty: Bool { elements.isEmpty }

  /// Binary search. Setting nil removes the attribute.
  public subscript(name: [UInt8]) -> AttributeValue? {
    get {
      let index = position(of: name)
      return holds(name, at: index) ? elements[index].value : nil
    }
    set {
      let index = position(of: name)
      let isPresent = holds(name, at: index)
      switch (newValue, isPresent) {
      case (let value?, true): elements[index].value = value
      case (let value?, false): elements.insert(Element(name: name, value: value), at: index)
      case (nil, true): elements.remove(at: index)
      case (nil, false): break
      }
    }
  }

  /// Changes the value of `name` in place (no copy of a large list or map); does nothing where it is absent.
  ///
  /// Returns what `change` returns, nil where the attribute is absent.
  public mutating func modify<Result, Failure: Error>(
    _ name: [UInt8], _ change: (inout AttributeValue) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    let index = position(of: name)
    guard holds(name, at: index) else { return nil }
    return try change(&elements[index].value)
  }

  private func holds(_ name: [UInt8], at index: Int) -> Bool {
    index < elements.count && elements[index].name == name
  }

  /// Where `name` is or would be inserted.
  private func position(of name: [UInt8]) -> Int {
    var low = 0
    var high = elements.count
    while low < high {
      let middle = (low + high) / 2
      if ByteOrder.precedes(elements[middle].name, name) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
