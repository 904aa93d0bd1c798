// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

let parts = Target.Dependency.product(name: "GantryParts", package: "gantry")

let package = Package(
  name: "gantry-benchmarks",
  dependencies: [
    .package(name: "gantry", path: ".."),
    // Its malloc counts need an interposer that is not to be had here.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    // The plugin takes executables in a folder below one that is called Benchmarks: this one, no other.
    .executableTarget(
      name: "Micro",
      dependencies: [parts, "Scratch", .product(name: "Benchmark", package: "benchmark")],
      path: "Micro",
      swiftSettings: settings,
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),

    .target(name: "Scratch", swiftSettings: settings),
    .target(
      name: "Comparison",
      dependencies: [
        parts, "Scratch", .product(name: "CNGHTTP2", package: "gantry"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "gantry-compare",
      dependencies: ["Comparison", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: settings),
    .testTarget(
      name: "ComparisonTests",
      dependencies: [
        "Comparison", "Scratch", parts, .product(name: "CNGHTTP2", package: "gantry"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: settings),
  ]
)
