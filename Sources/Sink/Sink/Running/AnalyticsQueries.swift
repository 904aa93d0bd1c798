/// What the relational tables of the mapping `ris` are for: two questions of a department's billing.
public enum AnalyticsQueries {
  /// Each with what it tells.
  public static let all = [
    ("The revenue cycle: orders of the last 30 days with their reports and bills", revenueCycle),
    ("Revenue by month and procedure", monthlyRevenue),
  ]

  public static let revenueCycle = """
    SELECT p.mrn, p.first_name || ' ' || p.last_name AS patient_name, ro.procedure_code, ro.procedure_description,
      ro.order_status, rr.report_status, rr.findings_text, rr.impression_text, bl.charge_amount, bl.insurance_amount,
      bl.patient_responsibility, bl.payment_status, ro.scheduled_datetime, rr.finalized_at
    FROM radiology_order ro
    INNER JOIN patient p ON ro.patient_id = p.patient_id
    LEFT JOIN radiology_report rr ON ro.order_id = rr.order_id
    LEFT JOIN billing_ledger bl ON ro.order_id = bl.order_id
    WHERE ro.scheduled_datetime >= CURRENT_DATE - INTERVAL '30 days'
      AND ro.order_status IN ('COMPLETED', 'IN_PROGRESS')
    ORDER BY ro.scheduled_datetime DESC
    LIMIT 100
    """

  public static let monthlyRevenue = """
    SELECT DATE_TRUNC('month', ro.scheduled_datetime) AS month, ro.procedure_code, COUNT(*) AS total_orders,
      SUM(bl.charge_amount) AS total_charges, SUM(bl.insurance_amount) AS total_insurance,
      SUM(bl.patient_responsibility) AS total_patient_responsibility, AVG(bl.charge_amount) AS avg_charge
    FROM radiology_order ro
    INNER JOIN billing_ledger bl ON ro.order_id = bl.order_id
    WHERE ro.scheduled_datetime >= CURRENT_DATE - INTERVAL '12 months'
      AND bl.payment_status IN ('PAID', 'SUBMITTED')
    GROUP BY DATE_TRUNC('month', ro.scheduled_datetime), ro.procedure_code
    ORDER BY month DESC, total_charges DESC
    """
}
