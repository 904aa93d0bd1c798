internal import Items

/// Why a text is no report.
public struct ReportError: Error, Equatable, Sendable, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }
}

/// A value within a report's JSON that knows where it stands, so that an error can say it: `seconds[3].total.p99Ms`.
struct ReportMember {
  private let value: JSONValue?
  private let place: String

  init(_ value: JSONValue) {
    self.value = value
    place = ""
  }

  private init(_ value: JSONValue?, _ place: String) {
    self.value = value
    self.place = place
  }

  subscript(name: StaticString) -> ReportMember {
    ReportMember(value?[name], place.isEmpty ? "\(name)" : "\(place).\(name)")
  }

  func string() throws(ReportError) -> String {
    guard let text = value?.text else { throw fault("a text") }
    return text
  }

  /// A count.
  func integer() throws(ReportError) -> Int {
    guard let number = value?.integer, number >= 0 else { throw fault("a whole number, zero or above") }
    return number
  }

  func unsigned() throws(ReportError) -> UInt64 {
    guard case .number(let digits) = value, let number = UInt64(String(decoding: digits, as: UTF8.self)) else {
      throw fault("a whole number of 64 bits")
    }
    return number
  }

  func number() throws(ReportError) -> Double {
    guard let number = value?.double, number.isFinite else { throw fault("a number") }
    return number
  }

  /// A time or a rate.
  func amount() throws(ReportError) -> Double {
    let number = try number()
    guard number >= 0 else { throw fault("a number, zero or above") }
    return number
  }

  func optionalAmount() throws(ReportError) -> Double? {
    if case .null = value { return nil }
    return try amount()
  }

  func bool() throws(ReportError) -> Bool {
    guard let flag = value?.bool else { throw fault("true or false") }
    return flag
  }

  func elements<Element>(
    _ read: (ReportMember) throws(ReportError) -> Element
  ) throws(ReportError) -> [Element] {
    guard let elements = value?.elements else { throw fault("an array") }
    var results: [Element] = []
    for (index, element) in elements.enumerated() {
      results.append(try read(ReportMember(element, "\(place)[\(index)]")))
    }
    return results
  }

  /// `"'total.count' is missing; there should be …"`.
  func fault(_ expected: String) -> ReportError {
    ReportError("'\(place)' \(value == nil ? "is missing" : "is something else"); there should be \(expected)")
  }
}
