import Items
import Testing

@testable import Sink

/// The two queries that the relational schema is for, over rows that came through the mirror.
@Suite(.needsPostgres) struct AnalyticsTests {
  private func money(_ text: String) throws -> AttributeValue { .number(try Number(parsing: Array(text.utf8))) }

  private func order(_ id: String, _ patient: String, _ status: String, at time: String) -> AttributeMap {
    Sample.order(id, of: patient, status: status).with("scheduledDatetime", time)
      .with("procedureDescription", "X-ray of the chest")
  }

  private func bill(_ id: String, _ order: String, _ patient: String, _ status: String, _ amounts: [String]) throws
    -> AttributeMap
  {
    Sample.billing(id, of: order, patient: patient).with("paymentStatus", status)
      .with("chargeAmount", try money(amounts[0])).with("insuranceAmount", try money(amounts[1]))
      .with("patientResponsibility", try money(amounts[2]))
  }

  @Test("The revenue cycle and the monthly revenue show exactly the rows that were written") func queries() throws {
    let bench = try TestBench()
    // The queries look back from today; the database's day is the one that counts.
    let times = try bench.column(
      "SELECT to_char(CURRENT_DATE - n, 'YYYY-MM-DD') || 'T08:00:00Z' FROM unnest('{1,2,3,40,500}'::int[]) n")
    let sameMonth =
      try bench.column("SELECT (date_trunc('month', CURRENT_DATE - 1) = date_trunc('month', CURRENT_DATE - 3))::text")[
        0] == "true"
    let report = Sample.report("r1", of: "o1", patient: "p1").with("reportStatus", "FINAL").with(
      "findingsText", "clear"
    )
    .with("impressionText", "normal").with("finalizedAt", times[0])
    let items = [
      Sample.patient("p1"), Sample.patient("p2"), order("o1", "p1", "COMPLETED", at: times[0]),
      order("o2", "p2", "IN_PROGRESS", at: times[1]), order("o3", "p2", "PENDING", at: times[2]),
      order("o4", "p1", "COMPLETED", at: times[3]), order("o5", "p1", "COMPLETED", at: times[4]), report,
      try bill("b1", "o1", "p1", "PAID", ["145.5", "100.25", "45.25"]),
      try bill("b3", "o3", "p2", "SUBMITTED", ["54.5", "0", "54.5"]),
      try bill("b5", "o5", "p1", "PAID", ["1", "1", "0"]), try bill("b2", "o2", "p2", "DENIED", ["9", "0", "9"]),
    ]
    try bench.apply(items.enumerated().map { StreamRecord($0 + 1, old: nil, new: $1) }, try bench.lease())
    let cycle = try bench.rows(AnalyticsQueries.revenueCycle)
    let first = times[0].dropLast() + "+00:00"
    #expect(
      cycle == [
        "{\"mrn\":\"M-p1\",\"patient_name\":\"Ada Synthetic\",\"procedure_code\":\"71046\",\"procedure_description\":\"X-ray of the chest\",\"order_status\":\"COMPLETED\",\"report_status\":\"FINAL\",\"findings_text\":\"clear\",\"impression_text\":\"normal\",\"charge_amount\":145.50,\"insurance_amount\":100.25,\"patient_responsibility\":45.25,\"payment_status\":\"PAID\",\"scheduled_datetime\":\"\(first)\",\"finalized_at\":\"\(first)\"}",
        "{\"mrn\":\"M-p2\",\"patient_name\":\"Ada Synthetic\",\"procedure_code\":\"71046\",\"procedure_description\":\"X-ray of the chest\",\"order_status\":\"IN_PROGRESS\",\"report_status\":null,\"findings_text\":null,\"impression_text\":null,\"charge_amount\":9.00,\"insurance_amount\":0.00,\"patient_responsibility\":9.00,\"payment_status\":\"DENIED\",\"scheduled_datetime\":\"\(times[1].dropLast())+00:00\",\"finalized_at\":null}",
      ])
    let months = try bench.column(
      "SELECT procedure_code || ' ' || total_orders || ' ' || total_charges || ' ' || total_insurance || ' ' || total_patient_responsibility || ' ' || round(avg_charge, 2) FROM (\(AnalyticsQueries.monthlyRevenue)) x"
    )
    #expect(
      months
        == (sameMonth
          ? ["71046 2 200.00 100.25 99.75 100.00"]
          : ["71046 1 145.50 100.25 45.25 145.50", "71046 1 54.50 0.00 54.50 54.50"]))
  }
}
