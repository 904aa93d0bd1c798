import Foundation
import Items
import Settings
import Testing

@testable import Sink

@Suite struct MappingTests {
  static let small = """
    tables:
      - table: patient
        pk: PATIENT#{patientId}
        sk: PROFILE
        key: patient_id
        columns:
          - {name: patient_id, part: patientId}
          - {name: born, attribute: dateOfBirth, type: date}

    """

  @Test("The mappings of Cluster/mappings are those that are built in") func builtIn() throws {
    for name in BuiltInMappings.names {
      let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Cluster/mappings/\(name).yaml").path
      #expect(try SettingsFile.text(path) == BuiltInMappings.text(name))
      #expect(try Mapping.load(name).tables.count == 4)
    }
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../Cluster/mappings")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).map { String($0.dropLast(5)) }
    #expect(files.sorted() == BuiltInMappings.names)
  }

  @Test(
    "A wrong mapping is refused with its line and the nearest name",
    arguments: [
      ("sk: PROFILE", "ssk: PROFILE", "test.yaml:4: unknown key 'ssk'; did you mean 'sk'?"),
      (
        "part: patientId", "part: patientID",
        "test.yaml:7: 'part' is patientID, which is no part of the keys; did you mean 'patientId'?"
      ),
      (
        "key: patient_id", "key: patient",
        "test.yaml:5: 'key' is patient, which is none of 'columns'; did you mean 'patient_id'?"
      ),
      (
        "type: date", "type: dat",
        "test.yaml:8: 'type' takes one of text, integer, number, boolean, date, timestamp, json, binary, uuid, but is 'dat'"
      ),
      ("type: date", "type: date, default: soon", "test.yaml:8: 'default' is 'soon', which is no date"),
      ("type: date", "transform: [uper]", "test.yaml:8: 'transform' has no 'uper'; did you mean 'upper'?"),
      (
        "{name: born, attribute", "{name: patient_id, attribute",
        "test.yaml:8: 'name' is patient_id, which is filled already"
      ),
      (
        "{name: born, attribute: dateOfBirth,", "{name: born,",
        "test.yaml:8: 'name' takes its value from either 'attribute' or 'part'"
      ),
      (
        "PATIENT#{patientId}", "\"PATIENT#{patientId}{x}\"", "test.yaml:3: 'pk' has two parts with nothing between them"
      ),
      ("sk: PROFILE", "sk: \"{patientId}\"", "test.yaml:4: 'sk' has the part {patientId}, which 'pk' has too"),
    ])
  func refusals(good: String, bad: String, message: String) {
    let text = Self.small.replacing(good, with: bad)
    #expect(throws: (any Error).self) { try Mapping.parse(text, file: "test.yaml") }
    do {
      _ = try Mapping.parse(text, file: "test.yaml")
    } catch {
      #expect(error.description == message)
    }
  }

  @Test("A key pattern gives its parts, and nothing for keys that look otherwise") func patterns() throws {
    func match(_ pattern: String, _ key: String) throws -> [String]? {
      try KeyPattern(pattern).match(Array(key.utf8))?.map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(try match("PATIENT#{p}", "PATIENT#7") == ["7"])
    #expect(try match("PATIENT#{p}", "PATIENT#") == nil)
    #expect(try match("PATIENT#{p}", "ORDER#7") == nil)
    #expect(try match("{a}#{b}", "x#y#z") == ["x", "y#z"])
    #expect(try match("{a}##", "#####") == nil)
    #expect(try match("{a}#end", "x#end") == ["x"])
    #expect(try match("FIXED", "FIXED") == [])
    #expect(try match("FIXED", "FIXED#") == nil)
  }

  @Test("Values fit their column's type or say why not") func types() throws {
    func column(_ type: ColumnType, _ value: AttributeValue) throws -> String? {
      try type.column(value).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(try column(.integer, .text("007")) == "7")
    #expect(try column(.number, .number(Number(parsing: Array("1.50".utf8)))) == "1.5")
    #expect(try column(.date, .text("2026-03-01T23:00:00-05:00")) == "2026-03-01")
    #expect(try column(.timestamp, .number(Number(0))) == "1970-01-01T00:00:00.000000Z")
    #expect(try column(.text, .stringSet([[0x61]])) == "[\"a\"]")
    #expect(try column(.binary, .binary([1, 255])) == "\\x01ff")
    #expect(try column(.uuid, .text("0123ABCD-0123-0123-0123-0123456789ab")) == "0123abcd-0123-0123-0123-0123456789ab")
    #expect(try column(.text, .null) == nil)
    #expect(throws: MappingFault("is of type S and holds no integer")) { try column(.integer, .text("1.5")) }
    #expect(throws: MappingFault("is of type S and holds no date")) { try column(.date, .text("now")) }
    #expect(throws: MappingFault("is of type N and holds no boolean")) { try column(.boolean, .number(Number(1))) }
    #expect(throws: MappingFault("is of type S and holds no uuid")) { try column(.uuid, .text("x")) }
    #expect(Transform.trim.apply("  a b ") == "a b")
    #expect(Transform.digits.apply("+49 (0)30-1") == "490301")
  }

  @Test("Residency rules drop, hash and mask before anything else sees an attribute; keys are refused")
  func residency() throws {
    let text = """
      residency:
        - {attribute: firstName, rule: drop}
        - {attribute: mrn, rule: hash}
        - {attribute: insuranceId, rule: mask, keep: 2}
      """
    let mapping = try Mapping.parse(text, file: "r.yaml")
    #expect(
      throws: SinkError("r.yaml hashes attributes; set GANTRY_RESIDENCY_KEY to a secret of at least 16 characters")
    ) {
      try Residency(mapping.residency, key: "short", file: "r.yaml")
    }
    let rules = try Residency(mapping.residency, key: "0123456789abcdef", file: "r.yaml")
    let other = try Residency(mapping.residency, key: "0123456789abcdeX", file: "r.yaml")
    let item = Sample.patient("1").with("insuranceId", "AB-1234")
    let treated = rules.apply(item)
    #expect(treated[Array("firstName".utf8)] == nil)
    #expect(treated[Array("insuranceId".utf8)] == .text("*****34"))
    let hash = try #require(treated[Array("mrn".utf8)])
    #expect(hash == rules.apply(item)[Array("mrn".utf8)])
    #expect(hash != other.apply(item)[Array("mrn".utf8)])
    #expect(treated[Array("lastName".utf8)] == item[Array("lastName".utf8)])
    let onKey = try Residency(
      try Mapping.parse("residency:\n  - {attribute: SK, rule: drop}", file: "r.yaml").residency, key: nil,
      file: "r.yaml")
    #expect(throws: SinkError("r.yaml:2: 'SK' is a key of ris-patient-tracking; residency rules cannot change keys")) {
      try onKey.check(TestBench.shape, file: "r.yaml")
    }
    // Nothing that a rule forbids is in what a record becomes, its dead letter included.
    let reader = RecordReader(shape: TestBench.shape, residency: rules, stream: "s")
    guard case .change(let change) = reader.entry(StreamRecord(1, old: item, new: item)) else {
      Issue.record("a readable record became a dead letter")
      return
    }
    #expect(change.image == treated)
    #expect(DeadLetter(change, reason: "").image == treated)
  }
}
