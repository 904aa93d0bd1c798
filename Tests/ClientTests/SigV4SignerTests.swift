import Client
import Testing

/// Signatures that AWS publishes (the signing test suite of aws-c-auth), and some that botocore 1.43 made for DynamoDB.
@Suite struct SigV4SignerTests {
  typealias Headers = [(name: String, value: String)]

  struct Vector: Sendable, CustomTestStringConvertible {
    var name: String
    var method = "GET"
    var path = "/"
    var headers: Headers = []
    var body = ""
    var signedHeaders = "host;x-amz-date"
    var signature: String

    var testDescription: String { name }
  }

  static let accessKey = "AKIDEXAMPLE"
  static let secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
  static let time = SigningTime(secondsSince1970: 1_440_938_160)
  static let form = "application/x-www-form-urlencoded"
  static let formHash = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"
  static let unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

  static let vectors = [
    Vector(name: "get-vanilla", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    Vector(
      name: "get-utf8", path: "/%E1%88%B4",
      signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    Vector(
      name: "get-space-normalized", path: "/example%20space/",
      signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
    Vector(
      name: "get-vanilla-query-order-key-case", path: "/?Param2=value2&Param1=value1",
      signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    Vector(
      name: "get-vanilla-query-order-encoded", path: "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
      signature: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"),
    Vector(
      name: "get-vanilla-query-unreserved", path: "/?\(unreserved)=\(unreserved)",
      signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
    Vector(
      name: "get-header-value-trim", headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
      signedHeaders: "host;my-header1;my-header2;x-amz-date",
      signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
    Vector(
      name: "get-header-key-duplicate",
      headers: [("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")],
      signedHeaders: "host;my-header1;x-amz-date",
      signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
    Vector(
      name: "get-header-value-order",
      headers: [
        ("My-Header1", "value4"), ("My-Header1", "value1"), ("My-Header1", "value3"), ("My-Header1", "value2"),
      ],
      signedHeaders: "host;my-header1;x-amz-date",
      signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
    Vector(
      name: "post-vanilla", method: "POST",
      signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    Vector(
      name: "post-vanilla-query", method: "POST", path: "/?Param1=value1",
      signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
    Vector(
      name: "post-header-key-sort", method: "POST", headers: [("My-Header1", "value1")],
      signedHeaders: "host;my-header1;x-amz-date",
      signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
    Vector(
      name: "post-x-www-form-urlencoded", method: "POST",
      headers: [("Content-Type", form), ("Content-Length", "13"), ("x-amz-content-sha256", formHash)],
      body: "Param1=value1", signedHeaders: "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
      signature: "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"),
    Vector(
      name: "post-x-www-form-urlencoded-parameters", method: "POST",
      headers: [
        ("Content-Type", form + "; charset=utf-8"), ("Content-Length", "13"), ("x-amz-content-sha256", formHash),
      ],
      body: "Param1=value1", signedHeaders: "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
      signature: "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"),
    Vector(
      name: "post-x-www-form-urlencoded of the first suite", method: "POST", headers: [("Content-Type", form)],
      body: "Param1=value1", signedHeaders: "content-type;host;x-amz-date",
      signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
  ]

  @Test("The published test suite's requests get the published signatures", arguments: vectors)
  func published(_ vector: Vector) {
    var signer = SigV4Signer(
      credentials: AWSCredentials(accessKey: Self.accessKey, secretKey: Self.secretKey), region: "us-east-1",
      service: "service")
    let added = signer.sign(
      method: vector.method, path: vector.path, headers: [("Host", "example.amazonaws.com")] + vector.headers,
      body: Array(vector.body.utf8), at: Self.time)
    #expect(added.map(\.name) == ["X-Amz-Date", "Authorization"])
    #expect(added[0].value == "20150830T123600Z")
    #expect(
      added[1].value
        == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        + "SignedHeaders=\(vector.signedHeaders), Signature=\(vector.signature)")
  }

  private func dynamo(_ target: String) -> Headers {
    [
      ("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", "DynamoDB_20120810.\(target)"),
      ("Host", "127.0.0.1:8000"),
    ]
  }

  @Test("A session's token is sent and signed (post-sts-header-before)") func sessionToken() {
    let token =
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YU"
      + "uwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8Y"
      + "QcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICC"
      + "R/oLxBA=="
    var signer = SigV4Signer(
      credentials: AWSCredentials(accessKey: Self.accessKey, secretKey: Self.secretKey, sessionToken: token),
      region: "us-east-1", service: "service")
    let added = signer.sign(
      method: "POST", path: "/", headers: [("Host", "example.amazonaws.com")], body: [], at: Self.time)
    #expect(added.map(\.name) == ["X-Amz-Date", "X-Amz-Security-Token", "Authorization"])
    #expect(added[1].value == token)
    #expect(
      added[2].value.hasSuffix(
        "SignedHeaders=host;x-amz-date;x-amz-security-token, "
          + "Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"))
  }

  @Test("DynamoDB requests are signed as botocore does, and the key changes with the day") func days() {
    var signer = SigV4Signer(
      credentials: AWSCredentials(accessKey: Self.accessKey, secretKey: Self.secretKey), region: "eu-central-1",
      service: "dynamodb")
    let body = Array(#"{"TableName":"RIS","Key":{"PK":{"S":"PATIENT#Zoë"}}}"#.utf8)
    let days = [
      (1_709_251_199, "20240229", "7e9c6089e86a5a6c7f0d855260b84364f9afeedc95070218a54e07cdc183db7f"),
      (1_709_251_200, "20240301", "b0ddbcebb3ebde31bffe706802cceb5c94bce7e57711bb193ed1af94914dea88"),
    ]
    for (seconds, day, signature) in days + days {
      let added = signer.sign(
        method: "POST", path: "/", headers: dynamo("GetItem"), body: body,
        at: SigningTime(secondsSince1970: seconds))
      #expect(
        added[1].value
          == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\(day)/eu-central-1/dynamodb/aws4_request, "
          + "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=\(signature)")
    }
  }

  @Test("A temporary key signs DynamoDB requests as botocore does") func temporary() {
    var signer = SigV4Signer(
      credentials: AWSCredentials(accessKey: Self.accessKey, secretKey: Self.secretKey, sessionToken: "TOKEN+/="),
      region: "us-east-1", service: "dynamodb")
    let added = signer.sign(
      method: "POST", path: "/", headers: dynamo("PutItem"), body: Array("{}".utf8),
      at: SigningTime(secondsSince1970: 4_102_362_123))
    #expect(
      added[2].value.hasSuffix(
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
          + "Signature=3335789abb4f4018f72b5227b322fbfa6f8985c66560667d7321cc6d6c61d8fe"))
  }
}
