/// The mapping files of `Cluster/mappings`, so that their names work wherever the binary is; a test keeps them equal.
public enum BuiltInMappings {
  public static let names = ["ris"]

  /// The file's text; nil for a name that is not built in.
  public static func text(_ name: String) -> String? {
    switch name {
    case "ris": ris
    default: nil
    }
  }

  private static let ris = """
    # The patient table of a radiology department: profiles, orders, reports and billing entries become rows. Encounters and
    # studies have no table of their own; like every item they are in gantry_mirror.
    schema: radiology

    tables:
      - table: patient
        pk: PATIENT#{patientId}
        sk: PATIENT#PROFILE
        key: patient_id
        columns:
          - {name: patient_id, part: patientId}
          - {name: mrn, attribute: mrn}
          - {name: first_name, attribute: firstName}
          - {name: last_name, attribute: lastName}
          - {name: date_of_birth, attribute: dateOfBirth, type: date}
          - {name: gender, attribute: gender}
          - {name: insurance_provider, attribute: insuranceProvider}
          - {name: insurance_id, attribute: insuranceId}
          - {name: created_at, attribute: createdAt, type: timestamp}
          - {name: updated_at, attribute: updatedAt, type: timestamp}

      - table: radiology_order
        pk: PATIENT#{patientId}
        sk: ORDER#{orderId}
        key: order_id
        columns:
          - {name: order_id, part: orderId}
          - {name: patient_id, part: patientId}
          - {name: ordering_physician, attribute: orderingPhysician}
          - {name: procedure_code, attribute: procedureCode}
          - {name: procedure_description, attribute: procedureDescription}
          - {name: priority, attribute: priority, transform: [upper], default: ROUTINE}
          - {name: clinical_indication, attribute: clinicalIndication}
          - {name: order_status, attribute: orderStatus, default: PENDING}
          - {name: scheduled_datetime, attribute: scheduledDatetime, type: timestamp}
          - {name: created_at, attribute: createdAt, type: timestamp}

      - table: radiology_report
        pk: PATIENT#{patientId}
        sk: REPORT#{reportId}
        key: report_id
        columns:
          - {name: report_id, part: reportId}
          - {name: order_id, attribute: orderId}
          - {name: radiologist_id, attribute: radiologistId}
          - {name: findings_text, attribute: findingsText}
          - {name: impression_text, attribute: impressionText}
          - {name: report_status, attribute: reportStatus, default: DRAFT}
          - {name: dicom_study_uid, attribute: dicomStudyUid}
          - {name: created_at, attribute: createdAt, type: timestamp}
          - {name: finalized_at, attribute: finalizedAt, type: timestamp}
          - {name: amended_at, attribute: amendedAt, type: timestamp}

      - table: billing_ledger
        pk: PATIENT#{patientId}
        sk: BILLING#{transactionId}
        key: transaction_id
        columns:
          - {name: transaction_id, part: transactionId}
          - {name: order_id, attribute: orderId}
          - {name: patient_id, part: patientId}
          - {name: service_date, attribute: serviceDate, type: date}
          - {name: procedure_code, attribute: procedureCode}
          - {name: charge_amount, attribute: chargeAmount, type: number}
          - {name: insurance_amount, attribute: insuranceAmount, type: number}
          - {name: patient_responsibility, attribute: patientResponsibility, type: number}
          - {name: payment_status, attribute: paymentStatus, default: PENDING}
          - {name: claim_number, attribute: claimNumber}
          - {name: created_at, attribute: createdAt, type: timestamp}
          - {name: updated_at, attribute: updatedAt, type: timestamp}

    """
}
