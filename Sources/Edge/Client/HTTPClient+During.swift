extension HTTPClient {
  /// A client for the length of `body`: it is shut down whether that succeeds or fails.
  public static func during<Value: Sendable, Failure: Error>(
    _ body: (HTTPClient) async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let http = HTTPClient()
    let result: Result<Value, Failure>
    do { result = .success(try await body(http)) } catch { result = .failure(error) }
    await http.shutDown()
    return try result.get()
  }
}
