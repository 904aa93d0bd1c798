import Load
import Testing

@Suite struct OperationTests {
  @Test("An operation is one call unless a second is named") func oneCall() {
    #expect(Operation(kind: 0, Call("GetItem", body: [])).then == nil)
  }
}
