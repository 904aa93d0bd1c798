import Client
import NIOCore
import Testing

@testable import Load

@Suite struct WireFormTests {
  private static let endpoint = Endpoint(host: "127.0.0.1", port: 8000)

  private static func written(_ settings: HTTPWireSettings, _ body: String) -> String {
    var writer = RequestWriter(settings)
    var buffer = ByteBuffer()
    writer.write(Call("GetItem", body: Array(body.utf8)), endpoint: 0, into: &buffer)
    return String(buffer: buffer)
  }

  @Test("The length of a body is written in decimal", arguments: [0, 1, 9, 10, 99, 100, 12_345])
  func length(_ count: Int) {
    let text = Self.written(HTTPWireSettings(endpoints: [Self.endpoint]), String(repeating: "x", count: count))
    #expect(text.contains("\r\nContent-Length: \(count)\r\n\r\n"))
  }

  @Test("Consumed capacity is asked for within the same JSON")
  func capacity() {
    var settings = HTTPWireSettings(endpoints: [Self.endpoint])
    settings.asksForCapacity = true
    let text = Self.written(settings, #"{"TableName":"t"}"#)
    #expect(text.hasSuffix("\r\nContent-Length: 50\r\n\r\n" + #"{"TableName":"t","ReturnConsumedCapacity":"TOTAL"}"#))
  }

  @Test("With credentials each request is signed for its own body")
  func signature() {
    let credentials = AWSCredentials(accessKey: "AKID", secretKey: "secret", sessionToken: "token")
    let settings = HTTPWireSettings(endpoints: [Self.endpoint], region: "eu-west-1", credentials: credentials)
    let text = Self.written(settings, "{}")
    #expect(text.contains("\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKID/"))
    #expect(text.contains("/eu-west-1/dynamodb/aws4_request, SignedHeaders="))
    #expect(text.contains("\r\nX-Amz-Security-Token: token\r\n"))
    #expect(text.hasSuffix("\r\nContent-Length: 2\r\n\r\n{}"))
    #expect(!text.contains("secret"))
  }

  @Test("Requests name the region of the endpoint that they go to, signed or not", arguments: [true, false])
  func regions(isSigned: Bool) {
    let targets = ["us-east-1", "eu-west-1"].map { RegionalEndpoint(region: $0, endpoint: Self.endpoint) }
    let credentials = AWSCredentials(accessKey: "AKID", secretKey: "secret", sessionToken: nil)
    let settings = HTTPWireSettings(targets: targets, credentials: isSigned ? credentials : nil)
    var writer = RequestWriter(settings)
    // The same operation again: heads are kept for each endpoint.
    for place in [0, 1, 0, 1] {
      var buffer = ByteBuffer()
      writer.write(Call("GetItem", body: []), endpoint: place, into: &buffer)
      #expect(String(buffer: buffer).contains("/\(targets[place].region)/dynamodb/aws4_request"))
    }
    #expect(settings.names == ["us-east-1=http://127.0.0.1:8000", "eu-west-1=http://127.0.0.1:8000"])
  }

  @Test("Clients begin at the first region, spread over its endpoints")
  func homes() {
    let targets = ["a", "b", "a", "c"].map { RegionalEndpoint(region: $0, endpoint: Self.endpoint) }
    let settings = HTTPWireSettings(targets: targets)
    #expect((0..<5).map { settings.home(of: $0) } == [0, 2, 0, 2, 0])
    #expect((0..<4).map { HTTPWireSettings(endpoints: [Self.endpoint, Self.endpoint]).home(of: $0) } == [0, 1, 0, 1])
  }

  @Test(
    "Units are summed up over tables; an attribute of that name is none",
    arguments: [
      (#"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5}}"#, 0.5),
      (#"{"ConsumedCapacity":[{"CapacityUnits":12},{"TableName":"b","CapacityUnits":1.5}]}"#, 13.5),
      (#"{"Item":{"CapacityUnits":{"N":"7"},"text":{"S":"\"CapacityUnits\":9"}}}"#, 0), ("{}", 0),
    ])
  func units(_ body: String, _ sum: Double) {
    #expect(ConsumedUnits.sum(in: Array(body.utf8)) == sum)
  }

  @Test("Whether a failed call may have happened is told by its status")
  func effects() {
    func failure(_ status: Int, _ body: String) -> CallFailure {
      CallFailure(ResponseParser.Response(status: status, body: ByteBuffer(string: body), keepsAlive: true))
    }
    func code(_ name: String) -> String { #"{"__type":"com.amazonaws.dynamodb.v20120810#\#(name)"}"# }
    #expect(
      failure(400, code("ValidationException")) == CallFailure("ValidationException", effect: .none, isTransient: false)
    )
    #expect(
      failure(400, code("ThrottlingException")) == CallFailure("ThrottlingException", effect: .none, isTransient: true))
    #expect(
      failure(503, code("ServiceUnavailable")) == CallFailure("ServiceUnavailable", effect: .none, isTransient: true))
    #expect(
      failure(500, code("InternalServerError"))
        == CallFailure("InternalServerError", effect: .unknown, isTransient: true))
    #expect(failure(503, "<html>") == CallFailure("HTTP503", effect: .unknown, isTransient: true))
  }
}
