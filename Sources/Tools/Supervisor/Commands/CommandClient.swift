internal import Client

extension HTTPClient {
  /// A client for the length of one command: it is shut down whether the command succeeds or fails.
  static func during<Value: Sendable>(
    _ body: (HTTPClient) async throws(SupervisorError) -> Value
  ) async throws(SupervisorError) -> Value {
    let http = HTTPClient()
    let result: Result<Value, SupervisorError>
    do { result = .success(try await body(http)) } catch { result = .failure(error) }
    await http.shutDown()
    return try result.get()
  }
}
