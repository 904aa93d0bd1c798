import Settings
import Testing

@Suite struct SinkSettingsTests {
  private func settings(admin: String? = "127.0.0.1:9000") -> SinkSettings {
    SinkSettings(
      name: "mirror", endpoint: "http://127.0.0.1:8000", region: "eu-west-1", table: "t",
      postgres: "postgresql://gantry@127.0.0.1:5432/x?passfile=/a%20b", mapping: "ris", admin: admin, awaitsTable: true,
      logFormat: .json, logLevel: .debug)
  }

  @Test func whatIsWrittenReadsBack() throws {
    #expect(try SinkSettings.load(path: try temporary(settings().yaml())) == settings())
    var least = settings(admin: nil)
    least.mapping = nil
    #expect(try SinkSettings.load(path: try temporary(least.yaml())) == least)
  }

  @Test func anAdminListenerOffLoopbackIsRefused() throws {
    let path = try temporary(settings(admin: "0.0.0.0:9000").yaml())
    #expect(throws: SettingsError.self) { _ = try SinkSettings.load(path: path) }
  }
}
