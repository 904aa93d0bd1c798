/// The relational tables of a radiology department's billing. Tables that are there already stay as they are; whether
/// they have what a mapping fills is checked apart.
enum RadiologySchema {
  static let tables = """
    CREATE TABLE IF NOT EXISTS patient (
      patient_id VARCHAR(36) PRIMARY KEY DEFAULT gen_random_uuid(),
      mrn VARCHAR(20) UNIQUE NOT NULL,
      first_name VARCHAR(100) NOT NULL,
      last_name VARCHAR(100) NOT NULL,
      date_of_birth DATE NOT NULL,
      gender VARCHAR(20),
      insurance_provider VARCHAR(100),
      insurance_id VARCHAR(50),
      created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
      updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP
    );
    CREATE TABLE IF NOT EXISTS radiology_order (
      order_id VARCHAR(36) PRIMARY KEY DEFAULT gen_random_uuid(),
      patient_id VARCHAR(36) NOT NULL REFERENCES patient (patient_id),
      ordering_physician VARCHAR(200) NOT NULL,
      procedure_code VARCHAR(20) NOT NULL,
      procedure_description TEXT,
      priority VARCHAR(20) DEFAULT 'ROUTINE',
      clinical_indication TEXT,
      order_status VARCHAR(20) DEFAULT 'PENDING',
      scheduled_datetime TIMESTAMP WITH TIME ZONE,
      created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP
    );
    CREATE TABLE IF NOT EXISTS radiology_report (
      report_id VARCHAR(36) PRIMARY KEY DEFAULT gen_random_uuid(),
      order_id VARCHAR(36) NOT NULL REFERENCES radiology_order (order_id),
      radiologist_id VARCHAR(36) NOT NULL,
      findings_text TEXT,
      impression_text TEXT,
      report_status VARCHAR(20) DEFAULT 'DRAFT',
      dicom_study_uid VARCHAR(64),
      created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
      finalized_at TIMESTAMP WITH TIME ZONE,
      amended_at TIMESTAMP WITH TIME ZONE
    );
    CREATE TABLE IF NOT EXISTS billing_ledger (
      transaction_id VARCHAR(36) PRIMARY KEY DEFAULT gen_random_uuid(),
      order_id VARCHAR(36) NOT NULL REFERENCES radiology_order (order_id),
      patient_id VARCHAR(36) NOT NULL REFERENCES patient (patient_id),
      service_date DATE NOT NULL,
      procedure_code VARCHAR(20) NOT NULL,
      charge_amount DECIMAL(10, 2) NOT NULL,
      insurance_amount DECIMAL(10, 2),
      patient_responsibility DECIMAL(10, 2),
      payment_status VARCHAR(20) DEFAULT 'PENDING',
      claim_number VARCHAR(50),
      created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
      updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP
    );
    """

  static let indexes = """
    CREATE INDEX IF NOT EXISTS idx_order_patient ON radiology_order (patient_id);
    CREATE INDEX IF NOT EXISTS idx_order_status ON radiology_order (order_status);
    CREATE INDEX IF NOT EXISTS idx_report_order ON radiology_report (order_id);
    CREATE INDEX IF NOT EXISTS idx_billing_patient ON billing_ledger (patient_id);
    CREATE INDEX IF NOT EXISTS idx_billing_order ON billing_ledger (order_id);
    """
}
