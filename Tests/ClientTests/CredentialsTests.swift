import Testing

@testable import Client

@Suite struct CredentialsTests {
  private func credentials(_ environment: [String: String]) throws -> AWSCredentials? {
    try AWSCredentials { environment[$0] }
  }

  @Test("Credentials come from the three variables; where none is set there are none") func environment() throws {
    #expect(
      try credentials(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B", "AWS_SESSION_TOKEN": "C"])
        == AWSCredentials(accessKey: "A", secretKey: "B", sessionToken: "C"))
    #expect(
      try credentials(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B", "AWS_SESSION_TOKEN": ""])
        == AWSCredentials(accessKey: "A", secretKey: "B"))
    #expect(try credentials([:]) == nil)
    #expect(try credentials(["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""]) == nil)
  }

  @Test("Half of a pair is an error that names the other half") func half() {
    #expect(
      throws: CredentialsError(description: "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not")
    ) { try credentials(["AWS_ACCESS_KEY_ID": "A"]) }
    #expect(
      throws: CredentialsError(description: "AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not")
    ) { try credentials(["AWS_SECRET_ACCESS_KEY": "B"]) }
  }

  @Test("No way of printing shows the secret or the token") func secrecy() {
    let credentials = AWSCredentials(accessKey: "AKID", secretKey: "hidden1", sessionToken: "hidden2")
    let signer = SigV4Signer(credentials: credentials, region: "us-east-1", service: "dynamodb")
    var dumped = ""
    dump(credentials, to: &dumped)
    dump(signer, to: &dumped)
    let texts = [
      "\(credentials)", String(reflecting: credentials), "\(signer)", String(reflecting: signer),
      String(describing: [credentials]), String(describing: Optional(signer)), dumped,
    ]
    for text in texts {
      #expect(text.contains("AKID"))
      #expect(!text.contains("hidden"))
    }
  }

  @Test(
    "Times are written in UTC, leap days and ends of centuries included",
    arguments: [
      (0, "19700101T000000Z"), (951_825_600, "20000229T120000Z"), (1_440_938_160, "20150830T123600Z"),
      (1_709_251_199, "20240229T235959Z"), (1_709_251_200, "20240301T000000Z"), (4_102_362_123, "20991231T010203Z"),
      (4_107_542_400, "21000301T000000Z"), (253_402_300_799, "99991231T235959Z"),
    ])
  func times(seconds: Int, text: String) {
    #expect(SigningTime(secondsSince1970: seconds).description == text)
  }

  @Test("Without credentials a request only names its region; with them it is signed with what is sent")
  func authorization() {
    let headers = [(name: "X-Amz-Target", value: "DynamoDB_20120810.ListTables")]
    let named = RequestAuthorization(nil, region: "eu-west-1")
      .authorize(headers, body: [], host: "h:1", at: SigningTime(secondsSince1970: 0))
    #expect(named.map(\.name) == ["X-Amz-Target", "Authorization"])
    #expect(named[1].value.contains("Credential=local/20200101/eu-west-1/dynamodb/aws4_request"))
    let signing = RequestAuthorization(AWSCredentials(accessKey: "A", secretKey: "B"), region: "eu-west-1")
    let signed = signing.authorize(headers, body: [], host: "h:1", at: SigningTime(secondsSince1970: 0))
    #expect(signed.map(\.name) == ["X-Amz-Target", "X-Amz-Date", "Authorization"])
    #expect(signed[2].value.contains("Credential=A/19700101/eu-west-1/dynamodb/aws4_request"))
    #expect(signed[2].value.contains("SignedHeaders=host;x-amz-date;x-amz-target,"))
    let other = signing.authorize(headers, body: [], host: "h:2", at: SigningTime(secondsSince1970: 0))
    #expect(signed[2].value != other[2].value)
  }
}
