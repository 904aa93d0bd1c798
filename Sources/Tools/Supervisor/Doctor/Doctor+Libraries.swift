internal import Glibc

extension Doctor {
  /// The C libraries that the binary is linked with, by their shared objects and what each calls itself.
  func libraries() -> Finding {
    let found = [
      ("SQLite", "libsqlite3.so.0", version("libsqlite3.so.0", "sqlite3_libversion")),
      ("nghttp2", "libnghttp2.so.14", nghttp2Version()),
      ("zlib", "libz.so.1", version("libz.so.1", "zlibVersion")),
    ]
    let missing = found.filter { $0.2 == nil }.map(\.1)
    guard missing.isEmpty else {
      return Finding(
        check: "libraries", verdict: .failure,
        text: "\(missing.joined(separator: ", ")) missing; apt-get install libsqlite3-0 libnghttp2-14 zlib1g")
    }
    let text = found.map { "\($0.0) \($0.2 ?? "")" }.joined(separator: ", ")
    return Finding(check: "libraries", verdict: .ok, text: text)
  }

  private func version(_ library: String, _ function: String) -> String? {
    typealias Version = @convention(c) () -> UnsafePointer<CChar>?
    guard let handle = dlopen(library, RTLD_NOW), let symbol = dlsym(handle, function) else { return nil }
    return unsafeBitCast(symbol, to: Version.self)().map { String(cString: $0) }
  }

  private func nghttp2Version() -> String? {
    // struct nghttp2_info { int age; int version_num; const char *version_str; … }
    typealias Version = @convention(c) (Int32) -> UnsafeRawPointer?
    guard let handle = dlopen("libnghttp2.so.14", RTLD_NOW), let symbol = dlsym(handle, "nghttp2_version"),
      let info = unsafeBitCast(symbol, to: Version.self)(0)
    else { return nil }
    return info.load(fromByteOffset: 8, as: UnsafePointer<CChar>?.self).map { String(cString: $0) }
  }
}
