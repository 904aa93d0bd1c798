import Foundation
import Testing

@testable import Supervisor

@Suite struct ProcessIdentityTests {
  @Test func stateParentAndStartTimeAreFoundAfterAnyCommandName() throws {
    let fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21"
    for command in ["gantry", "a b", "x) Z 1 (y", ""] {
      let parsed = try #require(ProcessIdentity.parse("12 (\(command)) \(fields)\n"))
      #expect(parsed == ("S", 1, 4711))
    }
    #expect(ProcessIdentity.parse("12 (short) S 1") == nil)
  }

  @Test func aLaterProcessWithTheSameIdIsAnotherOne() {
    var identity = ProcessIdentity.current
    #expect(identity.isAlive)
    identity.startTime += 1
    #expect(!identity.isAlive)
  }

  @Test func aZombieCountsAsDead() throws {
    let folder = try temporaryFolder()
    let identity = try Launcher.start("/bin/sh", ["-c", "exit 3"], output: .file(folder.path + "/log"))
    #expect(Termination.waitUntilDead([identity], timeoutMs: 10_000))
    var status: Int32 = 0
    #expect(waitpid(identity.pid, &status, 0) == identity.pid)
    #expect(Termination.describe(status) == "exited with code 3")
  }

  @Test func aStoppedProcessIsPausedAndStillEndsByRequest() throws {
    let folder = try temporaryFolder()
    let identity = try Launcher.start("/bin/sleep", ["60"], output: .file(folder.path + "/log"))
    #expect(!identity.isPaused)
    kill(identity.pid, SIGSTOP)
    while !identity.isPaused { usleep(1_000) }
    #expect(identity.isAlive)
    kill(identity.pid, SIGCONT)
    while identity.isPaused { usleep(1_000) }
    kill(identity.pid, SIGSTOP)
    while !identity.isPaused { usleep(1_000) }
    Termination.signal(identity.pid, SIGTERM)
    #expect(Termination.waitUntilDead([identity], timeoutMs: 10_000))
    #expect(!identity.isPaused)
    kill(identity.pid, SIGKILL)
    waitpid(identity.pid, nil, 0)
  }

  @Test func aSignalIsNamed() {
    #expect(Termination.describe(SIGSEGV).hasPrefix("killed by signal 11 ("))
    #expect(Termination.describe(SIGABRT | 0x80).contains("core dumped"))
  }
}

@Suite struct LauncherTests {
  @Test func aChildHasItsOwnSessionAndItsOutputInTheLog() throws {
    let folder = try temporaryFolder()
    let log = folder.path + "/log"
    let identity = try Launcher.start("/bin/sh", ["-c", "echo out; echo err >&2; exec sleep 60"], output: .file(log))
    while ProcessLog.lastLines(log, count: 9).count < 2 { usleep(1_000) }
    #expect(ProcessLog.lastLines(log, count: 9) == ["out", "err"])
    #expect(getsid(identity.pid) == identity.pid)
    try Termination.end([identity])
    #expect(!identity.isAlive)
    waitpid(identity.pid, nil, 0)
  }

  @Test func aProgramThatIgnoresSIGTERMStartsWithDefaultsAgain() throws {
    let folder = try temporaryFolder()
    let former = signal(SIGTERM, SIG_IGN)
    defer { signal(SIGTERM, former) }
    let identity = try Launcher.start("/bin/sleep", ["60"], output: .file(folder.path + "/log"))
    kill(identity.pid, SIGTERM)
    #expect(Termination.waitUntilDead([identity], timeoutMs: 10_000))
    waitpid(identity.pid, nil, 0)
  }

  /// Whoever called `up --detach` through a pipe waits for its end.
  @Test func aChildHoldsNoOtherOpenFile() throws {
    let folder = try temporaryFolder()
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let identity = try Launcher.start("/bin/sleep", ["60"], output: .file(folder.path + "/log"))
    close(ends[1])
    var byte: UInt8 = 0
    #expect(read(ends[0], &byte, 1) == 0)
    close(ends[0])
    try Termination.end([identity])
    waitpid(identity.pid, nil, 0)
  }

  @Test func aMissingProgramIsOneLine() throws {
    let folder = try temporaryFolder()
    let message = refusal { () throws(SupervisorError) in
      _ = try Launcher.start("/nonexistent/gantry", [], output: .file(folder.path + "/log"))
    }
    #expect(message == "cannot start /nonexistent/gantry: No such file or directory")
  }

  @Test func orphansAreFoundByTheSettingsFileTheyWereStartedWith() throws {
    let folder = try temporaryFolder()
    let settings = folder.settingsPath(of: "n1")
    let identity = try Launcher.start(
      "/bin/sh", ["-c", "sleep 60; true", "--config", settings], output: .file(folder.path + "/log"))
    defer {
      kill(-identity.pid, SIGKILL)
      waitpid(identity.pid, nil, 0)
    }
    while Orphans.find(in: folder).isEmpty { usleep(1_000) }
    #expect(Set(Orphans.find(in: folder).map(\.name)) == ["n1"])
    #expect(Orphans.isOurs(identity, "n1", folder))
    #expect(!Orphans.isOurs(identity, "n2", folder))
    #expect(Orphans.find(in: try temporaryFolder()).isEmpty)
  }
}

@Suite struct ProcessLogTests {
  @Test func theLastLinesOfALargeLogAreWhole() throws {
    let folder = try temporaryFolder()
    let path = folder.path + "/log"
    try Files.replace(path, with: (1...10_000).map { "line \($0)\n" }.joined())
    #expect(ProcessLog.lastLines(path, count: 2) == ["line 9999", "line 10000"])
    #expect(ProcessLog.lastLines(path, count: 100_000).allSatisfy { $0.hasPrefix("line ") })
    #expect(ProcessLog.lastLines(folder.path + "/none", count: 2).isEmpty)
  }

  @Test func aLargeLogIsPutAsideAtAStart() throws {
    let folder = try temporaryFolder()
    let path = folder.path + "/log"
    try Files.replace(path, with: "small\n")
    ProcessLog.rotate(path)
    #expect(Files.exists(path))
    try Files.replace(path, with: String(repeating: "x", count: ProcessLog.rotateBytes + 1))
    ProcessLog.rotate(path)
    #expect(!Files.exists(path) && Files.exists(path + ".1"))
  }
}

@Suite struct ControlTests {
  @Test func messagesReadBack() {
    let request = ControlRequest(.kill, "n1")
    #expect(ControlRequest(line: Array(request.line.utf8.dropLast())) == request)
    #expect(ControlRequest(line: Array("{}".utf8)) == nil)
    for answer in [ControlAnswer.done, .failed("a \"reason\"\n")] {
      #expect(ControlAnswer(line: Array(answer.line.utf8.dropLast())) == answer)
    }
  }

  /// A socket's address holds 107 bytes of path.
  @Test func theSocketWorksHoweverDeepTheFolderLies() throws {
    let deep = try temporaryFolder().path + String(repeating: "/quite-a-long-folder-name", count: 8)
    let folder = try DataFolder(making: deep)
    #expect(try ControlClient.ask(ControlRequest(.shutDown), folder) == nil)
    let server = try ControlServer(folder)
    BackgroundThread.start {
      server.serve { $0 == ControlRequest(.start, "n1") ? .done : .failed("other") }
    }
    #expect(try ControlClient.ask(ControlRequest(.start, "n1"), folder) == .done)
    #expect(try ControlClient.ask(ControlRequest(.kill, "n2"), folder) == .failed("other"))
    server.close()
    #expect(try ControlClient.ask(ControlRequest(.shutDown), folder) == nil)
  }

  @Test func aSocketThatNobodyServesIsASupervisorThatIsGone() throws {
    let folder = try temporaryFolder()
    close(try LocalSocket.listening(folder))
    #expect(try ControlClient.ask(ControlRequest(.shutDown), folder) == nil)
  }
}

@Suite struct DoctorTests {
  @Test func everyCheckOfThisMachineHasOneLine() {
    let findings = Doctor(dataPath: FileManager.default.temporaryDirectory.path()).findings()
    #expect(findings.count == 8)
    #expect(findings.allSatisfy { !$0.text.contains("\n") })
    #expect(Doctor.text(findings).split(separator: "\n").count == 8)
    #expect(findings.first { $0.check == "disk sync" }?.verdict != .failure)
  }

  @Test func aFolderThatCannotBeWrittenFails() {
    let finding = Doctor(dataPath: "/proc/none").findings().first { $0.check == "disk sync" }
    #expect(finding?.verdict == .failure)
  }
}

@Suite struct ReleaseTests {
  @Test func aProgramThatWasReplacedIsStartedAsItIsNow() throws {
    #expect(Launcher.replaced("gantry (deleted)") == "gantry")
    #expect(Launcher.replaced("gantry") == "gantry")
    #expect(try Launcher.ownExecutable().hasPrefix("/"))
  }

  @Test func aNodeIsReplacedByOneWithANameLikeItsOwn() {
    #expect(MemberCommands.nextName(like: "n2", among: ["n1", "n2", "n3"]) == "n4")
    #expect(MemberCommands.nextName(like: "us-n1", among: ["us-n1", "us-n2", "n3"]) == "us-n3")
    #expect(MemberCommands.nextName(like: "n12", among: ["n12"]) == "n1")
    #expect(MemberCommands.nextName(like: "alpha", among: ["alpha", "c1"]) == "alpha1")
  }
}
