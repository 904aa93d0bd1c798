internal import Items

/// A chart as inline SVG, with the numbers that its script shows under the pointer.
struct LineChart {
  struct Point {
    var x: Double
    /// Nil where there is nothing to draw: the line breaks.
    var y: Double?
    /// What stands at the pointer: where, and how much.
    var place: String
    var value: String
  }

  enum Shape { case line, area, bars }

  struct Series {
    var name: String
    /// Which of the page's colours, from 1.
    var colour: Int
    var shape = Shape.line
    var points: [Point]
  }

  var title: String
  var caption: String
  var xAxis: ChartAxis
  var yAxis: ChartAxis
  var series: [Series]
  var height = 260.0
  /// A level to compare with, dashed.
  var mark: Double?
  /// Drawn behind the lines from the left edge to this value.
  var warmUpEnd: Double?
  var bands: [ChartBand] = []

  static let width = 960.0
  private static let left = 56.0
  private static let right = 12.0
  private static let top = 14.0
  private static let bottom = 28.0

  /// A figure element.
  var html: String {
    """
    <figure class="chart">
    <figcaption><h2>\(HTMLText.escaped(title))</h2><p>\(HTMLText.escaped(caption))</p>\(legend)</figcaption>
    <div class="plot"><svg viewBox="0 0 \(Self.pixels(Self.width)) \(Self.pixels(height))" role="img" \
    aria-label="\(HTMLText.escaped(title))">
    \(shade)\(bandShades)\(grid)\(markLine)\(lines)\(cursor)</svg><div class="tip" hidden></div></div>
    <script type="application/json">\(HTMLText.scriptJSON(pointerData))</script>
    </figure>

    """
  }

  private var legend: String {
    guard series.count > 1 else { return "" }
    let entries = series.map { "<span><i class=\"c\($0.colour)\"></i>\(HTMLText.escaped($0.name))</span>" }
    return "<p class=\"legend\">\(entries.joined())</p>"
  }

  // MARK: Places

  private func x(_ value: Double) -> Double {
    Self.left + xAxis.position(value) * (Self.width - Self.left - Self.right)
  }

  private func y(_ value: Double) -> Double {
    height - Self.bottom - yAxis.position(value) * (height - Self.top - Self.bottom)
  }

  private static func pixels(_ value: Double) -> String { Decimals.shortest(value, 1) }

  // MARK: Parts

  private var shade: String {
    guard let warmUpEnd else { return "" }
    let end = x(warmUpEnd)
    return """
      <rect class="warm" x="\(Self.pixels(Self.left))" y="\(Self.pixels(Self.top))" \
      width="\(Self.pixels(end - Self.left))" height="\(Self.pixels(height - Self.top - Self.bottom))"/>\
      <text class="note" x="\(Self.pixels(Self.left + 6))" y="\(Self.pixels(Self.top + 14))">warm-up</text>

      """
  }

  /// Bands that overlap have their words below one another.
  private var bandShades: String {
    bands.enumerated().map { number, band in
      let (start, end) = (x(band.from), max(x(band.to), x(band.from) + 2))
      return """
        <rect class="band" x="\(Self.pixels(start))" y="\(Self.pixels(Self.top))" \
        width="\(Self.pixels(end - start))" height="\(Self.pixels(height - Self.top - Self.bottom))"/>\
        <text class="note" x="\(Self.pixels(start + 4))" \
        y="\(Self.pixels(Self.top + 14 + Double(number % 4) * 15))">\(HTMLText.escaped(band.label))</text>

        """
    }.joined()
  }

  private var grid: String {
    let floor = Self.pixels(height - Self.bottom)
    var svg = ""
    for tick in yAxis.ticks {
      let level = Self.pixels(y(tick.value))
      svg +=
        "<line class=\"grid\" x1=\"\(Self.pixels(Self.left))\" x2=\"\(Self.pixels(Self.width - Self.right))\" "
        + "y1=\"\(level)\" y2=\"\(level)\"/><text class=\"tick y\" x=\"\(Self.pixels(Self.left - 8))\" "
        + "y=\"\(level)\">\(HTMLText.escaped(tick.label))</text>\n"
    }
    for tick in xAxis.ticks {
      let place = Self.pixels(x(tick.value))
      svg +=
        "<line class=\"stub\" x1=\"\(place)\" x2=\"\(place)\" y1=\"\(floor)\" "
        + "y2=\"\(Self.pixels(height - Self.bottom + 5))\"/><text class=\"tick x\" x=\"\(place)\" "
        + "y=\"\(Self.pixels(height - 8))\">\(HTMLText.escaped(tick.label))</text>\n"
    }
    return svg
  }

  private var markLine: String {
    guard let mark else { return "" }
    let level = Self.pixels(y(mark))
    return "<line class=\"mark\" x1=\"\(Self.pixels(Self.left))\" x2=\"\(Self.pixels(Self.width - Self.right))\" "
      + "y1=\"\(level)\" y2=\"\(level)\"/>\n"
  }

  private var lines: String { series.map { $0.shape == .bars ? bars($0) : path($0) }.joined() }

  private func path(_ series: Series) -> String {
    var svg = ""
    let floor = Self.pixels(height - Self.bottom)
    for run in series.points.split(whereSeparator: { $0.y == nil }) {
      let corners = run.map { "\(Self.pixels(x($0.x))) \(Self.pixels(y($0.y ?? 0)))" }
      // A point between two gaps would have no length; a stub of half a unit makes it a round dot.
      let line = "M" + corners.joined(separator: "L") + (corners.count == 1 ? "h.5" : "")
      if series.shape == .area, let first = run.first, let last = run.last {
        svg +=
          "<path class=\"area c\(series.colour)\" d=\"\(line)L\(Self.pixels(x(last.x))) \(floor)"
          + "L\(Self.pixels(x(first.x))) \(floor)Z\"/>"
      }
      svg += "<path class=\"line c\(series.colour)\" d=\"\(line)\"/>\n"
    }
    return svg
  }

  private func bars(_ series: Series) -> String {
    let room = (Self.width - Self.left - Self.right) / Double(max(series.points.count, 1))
    let width = min(14, max(1, room - 2))
    return series.points.compactMap { point in
      guard let value = point.y, value > 0 else { return nil }
      let level = min(y(value), height - Self.bottom - 2)
      return "<rect class=\"bar c\(series.colour)\" x=\"\(Self.pixels(x(point.x) - width / 2))\" "
        + "y=\"\(Self.pixels(level))\" width=\"\(Self.pixels(width))\" "
        + "height=\"\(Self.pixels(height - Self.bottom - level))\"/>\n"
    }.joined()
  }

  private var cursor: String {
    let line =
      "<line class=\"cursor\" y1=\"\(Self.pixels(Self.top))\" y2=\"\(Self.pixels(height - Self.bottom))\" hidden/>"
    return line + series.map { "<circle class=\"dot c\($0.colour)\" r=\"4\" hidden/>" }.joined() + "\n"
  }

  private var pointerData: [UInt8] {
    var writer = JSONWriter(capacity: 65_536)
    writer.beginObject()
    writer.member("width", Int(Self.width))
    writer.array("series", series) { writer, series in
      let points = series.points.filter { $0.y != nil }
      writer.beginObject()
      writer.member("name", series.name)
      writer.member("colour", "c\(series.colour)")
      writer.array("x", points) { $0.rawValue(Array(Self.pixels(x($1.x)).utf8)) }
      writer.array("y", points) { $0.rawValue(Array(Self.pixels(y($1.y ?? 0)).utf8)) }
      writer.array("place", points) { $0.string($1.place) }
      writer.array("value", points) { $0.string($1.value) }
      writer.endObject()
    }
    writer.endObject()
    return writer.bytes
  }
}
