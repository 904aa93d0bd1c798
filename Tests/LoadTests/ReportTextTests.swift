import Testing

@testable import Load

@Suite struct ReportTextTests {
  @Test("The first line says which loop it is, and of a closed one that its tails hide stalls")
  func headings() {
    var staged = ReportSamples.open
    staged.stages = "ramp 100..2000 10s, hold 20s"
    staged.clients = 1
    staged.warmUpMs = 0
    #expect(
      ReportSamples.closed.heading == """
        closed loop: each client waits for an answer before it asks again, so closed-loop tails hide stalls \
        (give a rate to see them)
        workload ycsb-a, seed 7, 64 clients, 30 s after 5 s of warm-up, http://127.0.0.1:8000, http://127.0.0.1:8001

        """)
    #expect(
      ReportSamples.open.heading.hasPrefix(
        "open loop: 2000 operations a second whatever the answers; latency counts from the intended start, "
          + "so stalls show\n"))
    #expect(
      staged.heading == """
        open loop: stages ramp 100..2000 10s, hold 20s, whatever the answers; latency counts from the intended start, \
        so stalls show
        workload ycsb-a, seed 7, 1 client, 30 s, http://127.0.0.1:8000, http://127.0.0.1:8001

        """)
  }

  @Test("A second is a line for each kind in cockroach's columns; sums begin anew after the warm-up")
  func lines() {
    var lines = LiveLines(kinds: ["read", "update"])
    let text = ReportSamples.report().seconds.map { lines.lines(for: $0) }.joined()
    #expect(
      text == """
        _elapsed___errors__ops/sec(inst)___ops/sec(cum)__p50(ms)__p95(ms)__p99(ms)_pMax(ms)
            0.0s        0          900.0          900.0      1.4      2.8      5.6     11.2 read (warm-up)
            0.0s        0           40.0           40.0      2.4      4.8      9.6     19.2 update (warm-up)
            1.0s        0          950.0          950.0      1.5      3.0      6.0     12.0 read
            1.0s        0           50.0           50.0      2.5      5.0     10.0     20.0 update
            2.0s        0          950.0          950.0      1.5      3.0      6.0     12.0 read
            2.0s        2           50.0           50.0      2.5      5.0     10.0     20.0 update

        """)
  }

  @Test("Rates of a part of a second are a second's, and the running rate is of all operations over all time")
  func partOfASecond() {
    var lines = LiveLines(kinds: ["read"])
    _ = lines.lines(
      for: SecondReport(atSeconds: 1, total: SecondValues(), kinds: [ReportSamples.values(100, 1)]))
    let half = SecondReport(
      atSeconds: 1.5, lengthSeconds: 0.5, total: SecondValues(), kinds: [ReportSamples.values(20, 1)])
    #expect(
      lines.lines(for: half)
        == "    1.5s        0           40.0           80.0      1.0      2.0      4.0      8.0 read\n")
  }

  @Test("The header comes again after twenty lines")
  func headerAgain() {
    var lines = LiveLines(kinds: ["read", "update"])
    let headers = (1...30).filter { second in
      let values = ReportSamples.values(1, 1)
      return lines.lines(for: ReportSamples.second(Double(second), read: values, update: values))
        .hasPrefix(LiveLines.header)
    }
    #expect(headers == [1, 11, 21])
  }

  @Test("The summary of an open loop shows service time beside latency, every kind, errors, costs and assertions")
  func openSummary() {
    var report = ReportSamples.report()
    report.assertions = [
      AssertionResult(text: "p99<10ms", isHeld: true, measured: "6.4 ms"),
      AssertionResult(text: "errors==0", isHeld: false, measured: "2 of 2000"),
    ]
    #expect(
      report.summary() == """
        open loop: 2000 operations a second whatever the answers; latency counts from the intended start, so stalls show
        workload ycsb-a, seed 7, 64 clients, 30 s after 5 s of warm-up, http://127.0.0.1:8000, http://127.0.0.1:8001

        kind    operations  errors  ops/sec  mean(ms)  p50(ms)  p90(ms)  p99(ms)  p99.9(ms)  max(ms)
        read          1900       0    950.0      1.88     1.50     3.00     6.00      12.00    24.00
        update         100       2     50.0      3.13     2.50     5.00    10.00      20.00    40.00
        all           2000       2   1000.0      2.00     1.60     3.20     6.40      12.80    25.60

        service time, from the moment of sending:
        kind    operations  errors  ops/sec  mean(ms)  p50(ms)  p90(ms)  p99(ms)  p99.9(ms)  max(ms)
        read          1900       0    950.0      1.25     1.00     2.00     4.00       8.00    16.00
        update         100       2     50.0      2.50     2.00     4.00     8.00      16.00    32.00
        all           2000       2   1000.0      1.38     1.10     2.20     4.40       8.80    17.60

        errors: ThrottlingException 1, timeout 1
        answers that the workload foresees: ConditionalCheckFailedException 12
        retries: 3
        asked for by the rate but not begun: 4
        consumed capacity: 1050.5 units
        own CPU: 12.3 µs an operation

        held    p99<10ms   measured: 6.4 ms
        MISSED  errors==0  measured: 2 of 2000

        """)
    #expect(!report.summary().contains("\u{1B}"))
    #expect(report.summary(isColoured: true).contains("\u{1B}[31mMISSED\u{1B}[0m  errors==0"))
  }

  @Test("A closed loop has one table, and one kind alone no second row for all")
  func closedSummary() {
    var report = ReportSamples.report(ReportSamples.closed)
    report.operations.removeLast()
    report.errors = []
    report.consumedCapacity = nil
    #expect(
      report.summary() == ReportSamples.closed.heading + """

        kind  operations  errors  ops/sec  mean(ms)  p50(ms)  p90(ms)  p99(ms)  p99.9(ms)  max(ms)
        read        1900       0    950.0      1.88     1.50     3.00     6.00      12.00    24.00

        errors: none
        retries: 3
        own CPU: 12.3 µs an operation

        """)
  }

  @Test("Numbers are rounded to their places, with their sign and without needless digits")
  func decimals() {
    #expect(Decimals.fixed(1.005, 1) == "1.0")
    #expect(Decimals.fixed(0.999, 2) == "1.00")
    #expect(Decimals.fixed(-0.25, 1) == "-0.3")
    #expect(Decimals.fixed(12.04, 2) == "12.04")
    #expect(Decimals.fixed(7.5, 0) == "8")
    #expect(Decimals.fixed(1e300, 1) == "1e+300")
    #expect(Decimals.shortest(2.500, 3) == "2.5")
    #expect(Decimals.shortest(100, 2) == "100")
    #expect(Decimals.change(1.1234) == "+12.3 %")
    #expect(Decimals.change(0.5) == "-50.0 %")
    #expect(Decimals.change(3) == "+200 %")
  }
}
