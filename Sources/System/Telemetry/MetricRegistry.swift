/// Every metric of a process, declared once at start; afterwards a value that the exporter holds.
///
/// Names follow Prometheus: `gantry_…_total` for counters, `_seconds` and `_bytes` for units. A wrong or repeated
/// declaration is a bug and traps.
public struct MetricRegistry: Sendable {
  public typealias Labels = [(name: String, value: String)]

  enum Kind: String, Sendable { case counter, gauge, histogram }

  enum Source: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(LatencyHistogram)
    case sampled(@Sendable () -> Double)
  }

  struct Series: Sendable {
    var labels: Labels
    var source: Source
  }

  struct Family: Sendable {
    var name: String
    var help: String
    var kind: Kind
    var series: [Series]
  }

  private(set) var families: [Family] = []

  public init() {}

  public mutating func counter(_ name: String, help: String, labels: Labels = []) -> Counter {
    guard name.hasSuffix("_total") else { fatalError("The counter \(name) does not end in _total.") }
    let counter = Counter()
    add(name, help, .counter, labels, .counter(counter))
    return counter
  }

  public mutating func gauge(_ name: String, help: String, labels: Labels = []) -> Gauge {
    let gauge = Gauge()
    add(name, help, .gauge, labels, .gauge(gauge))
    return gauge
  }

  public mutating func histogram(_ name: String, help: String, labels: Labels = []) -> LatencyHistogram {
    guard name.hasSuffix("_seconds") else { fatalError("The latency histogram \(name) does not end in _seconds.") }
    let histogram = LatencyHistogram()
    add(name, help, .histogram, labels, .histogram(histogram))
    return histogram
  }

  /// A value that is read only when somebody exports; `read` runs on the exporter's thread.
  public mutating func sampledGauge(
    _ name: String, help: String, labels: Labels = [], read: @escaping @Sendable () -> Double
  ) {
    add(name, help, .gauge, labels, .sampled(read))
  }

  /// Like ``sampledGauge(_:help:labels:read:)`` for a value that only grows.
  public mutating func sampledCounter(
    _ name: String, help: String, labels: Labels = [], read: @escaping @Sendable () -> Double
  ) {
    guard name.hasSuffix("_total") else { fatalError("The counter \(name) does not end in _total.") }
    add(name, help, .counter, labels, .sampled(read))
  }

  private mutating func add(_ name: String, _ help: String, _ kind: Kind, _ labels: Labels, _ source: Source) {
    guard Self.isName(name, colons: true), labels.allSatisfy({ Self.isName($0.name, colons: false) }) else {
      fatalError("The metric \(name) or one of its labels has a name that Prometheus does not allow.")
    }
    let series = Series(labels: labels, source: source)
    guard let index = families.firstIndex(where: { $0.name == name }) else {
      families.append(Family(name: name, help: help, kind: kind, series: [series]))
      return
    }
    guard families[index].kind == kind, families[index].help == help else {
      fatalError("The metric \(name) is declared twice with different kinds or help texts.")
    }
    guard !families[index].series.contains(where: { Self.equal($0.labels, labels) }) else {
      fatalError("The metric \(name) is declared twice with the same labels.")
    }
    families[index].series.append(series)
  }

  private static func equal(_ left: Labels, _ right: Labels) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { $0 == $1 }
  }

  private static func isName(_ name: String, colons: Bool) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
      case 0x3A: colons
      default: false
      }
    }
  }
}
