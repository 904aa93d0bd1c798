/// The answer of STS GetCallerIdentity, the first call of many clients. Any credentials are accepted, and all of them
/// belong to the one account.
enum CallerIdentity {
  static func answer(requestID: [UInt8]) -> HTTPAnswer {
    let id = String(decoding: requestID, as: UTF8.self)
    let text = """
      <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
        <GetCallerIdentityResult>
          <Arn>arn:aws:iam::\(Service.account):root</Arn>
          <UserId>\(Service.account)</UserId>
          <Account>\(Service.account)</Account>
        </GetCallerIdentityResult>
        <ResponseMetadata>
          <RequestId>\(id)</RequestId>
        </ResponseMetadata>
      </GetCallerIdentityResponse>

      """
    return HTTPAnswer(status: 200, style: .plain, contentType: "text/xml", body: Array(text.utf8))
  }

  /// Whether a form names the call: `Action=GetCallerIdentity` among its fields.
  static func isAsked(_ form: UnsafeBufferPointer<UInt8>) -> Bool {
    let field = Array("Action=GetCallerIdentity".utf8)
    return form.split(separator: UInt8(ascii: "&")).contains { $0.elementsEqual(field) }
  }

  /// An error in the form of the AWS query protocol.
  static func unsupported() -> HTTPAnswer {
    let text = """
      <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
        <Error>
          <Type>Sender</Type>
          <Code>InvalidAction</Code>
          <Message>Of the query protocol only Action=GetCallerIdentity is supported by Gantry</Message>
        </Error>
      </ErrorResponse>

      """
    return HTTPAnswer(status: 400, style: .plain, contentType: "text/xml", body: Array(text.utf8))
  }
}
