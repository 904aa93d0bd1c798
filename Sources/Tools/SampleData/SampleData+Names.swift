/// The identifiers of what a patient has; encounters and orders are counted from 1 for each patient.
extension SampleData {
  /// A patient has at most so many encounters at the beginning.
  public static let encountersMax = 3
  /// A patient has at least one order and at most so many at the beginning.
  public static let ordersMax = 6

  /// `p-000001` for patient 1.
  public static func patientID(_ number: Int) -> String { "p-" + padded(number, 6) }

  public static func encounterID(_ index: Int, ofPatient number: Int) -> String { "e-\(padded(number, 6))-\(index)" }

  public static func orderID(_ index: Int, ofPatient number: Int) -> String { "o-\(padded(number, 6))-\(index)" }

  /// Of the study that an order led to.
  public static func accession(_ index: Int, ofPatient number: Int) -> String {
    "ACC\(padded(number, 6))\(padded(index, 2))"
  }

  static func reportID(_ index: Int, ofPatient number: Int) -> String { "r-\(padded(number, 6))-\(index)" }

  static func transactionID(_ index: Int, ofPatient number: Int) -> String { "t-\(padded(number, 6))-\(index)" }
}
