import Environment
import Testing

@testable import Store

@Suite struct AppendedManifestTests {
  private static func any(_ random: inout SeededRandom) -> AppendedManifest {
    var manifest = AppendedManifest()
    manifest.nextFile = random.next() >> random.below(64)
    for _ in 0..<random.below(6) {
      manifest.files.append(
        .init(number: random.next() >> random.below(64), end: random.next() >> random.below(64)))
    }
    for _ in 0..<random.below(6) {
      let floor = [UInt8](repeating: UInt8(random.below(256)), count: Int(random.below(300)))
      manifest.floors.append(.init(strand: Array(floor.prefix(2)), floor: floor))
    }
    return manifest
  }

  @Test(arguments: UInt64(1)...40) func aManifestGivesBackWhatItSays(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let manifest = Self.any(&random)
    #expect(try AppendedManifest(manifest.encode()) == manifest)
  }

  @Test(arguments: UInt64(1)...12) func everyTruncationIsRefused(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let bytes = Self.any(&random).encode()
    for count in bytes.indices { #expect((try? AppendedManifest(Array(bytes[..<count]))) == nil, "\(count) bytes") }
    #expect((try? AppendedManifest(bytes + [0])) == nil)
  }

  @Test func anUnknownFormatIsRefused() throws {
    var bytes = AppendedManifest().encode()
    #expect(try AppendedManifest(bytes) == AppendedManifest())
    for format in [UInt8(0), 2, 255] {
      bytes[0] = format
      #expect((try? AppendedManifest(bytes)) == nil)
    }
  }
}
