import Testing

@testable import Comparison

@Suite struct ResultsTests {
  @Test func aSectionIsReplacedAndOthersStay() {
    var file = ResultsFile("")
    file.replace("One", with: "first\n\n")
    file.replace("Two", with: "\nsecond")
    var again = ResultsFile(file.text)
    #expect(again.sections.map(\.title) == ["One", "Two"])
    again.replace("One", with: "new")
    #expect(
      again.text
        == { () -> String in
          var wanted = ResultsFile("")
          wanted.replace("One", with: "new")
          wanted.replace("Two", with: "second")
          return wanted.text
        }())
    #expect(ResultsFile(again.text).text == again.text)
  }

  @Test func numbersReadWell() {
    #expect([0, 12, 999, 1_000, 1_234_567.4].map(Numbers.grouped) == ["0", "12", "999", "1,000", "1,234,567"])
    #expect([0.004, 1.005, 9.994, 12.34, 123.4].map(Numbers.milliseconds) == ["0.00", "1.00", "9.99", "12.3", "123"])
    #expect(Numbers.ratio(2.006) == "2.01×")
    #expect(Numbers.ratio(.infinity) == "–")
  }
}
