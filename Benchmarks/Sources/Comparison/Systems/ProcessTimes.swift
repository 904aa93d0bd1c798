internal import Glibc

/// The CPU time of other processes, from `/proc` (proc(5)); it comes in ticks of 10 ms.
enum ProcessTimes {
  /// User and system time of all of them, in seconds. Those that are gone count nothing.
  static func seconds(_ pids: [Int32]) -> Double { pids.reduce(0) { $0 + seconds($1) } }

  private static func seconds(_ pid: Int32) -> Double {
    guard let text = Files.text("/proc/\(pid)/stat"), let bracket = text.lastIndex(of: ")") else { return 0 }
    // The state is the first field behind the command's bracket and number 3 of the line; the times are 14 and 15.
    let fields = text[text.index(after: bracket)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
