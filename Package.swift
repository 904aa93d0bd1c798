// swift-tools-version: 6.2
import PackageDescription

/// `GANTRY_PLANTS=1 swift build -c release --scratch-path .build-plants` makes a build with bugs planted in it
/// (`Plant.swift`), to prove that the simulator finds them. No other build holds any.
let plants: [SwiftSetting] = Context.environment["GANTRY_PLANTS"] == "1" ? [.define("GANTRY_PLANTS")] : []

let settings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    // Without it generic code is not specialised across targets (sixty times slower in one measured loop).
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
    // Debug builds, and so every test, check exclusive access; the checks cost the leader 3 % of its time.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  ] + plants

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deques = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A target under `Sources/FOLDER/NAME`; `uses` may name only targets listed above it.
func layer(_ folder: String, _ name: String, uses: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: uses, path: "Sources/\(folder)/\(name)", swiftSettings: settings)
}

func tests(_ name: String, uses: [Target.Dependency], resources: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: uses, path: "Tests/\(name)", exclude: resources, swiftSettings: settings)
}

func library(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/SystemLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
  name: "gantry",
  products: [
    .executable(name: "gantry", targets: ["gantry"]),
    // What the package in Benchmarks/ measures and is made of; nobody else may rely on it.
    .library(
      name: "GantryParts",
      targets: [
        "Bytes", "Items", "Expressions", "Environment", "Raft", "Journal", "Store", "Messages", "System", "Client",
        "History", "Load",
      ]),
    .library(name: "CNGHTTP2", targets: ["CNGHTTP2"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    library("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    library("CNGHTTP2", pkgConfig: "libnghttp2", apt: "libnghttp2-dev"),
    library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    // Only its header: the sink loads the library itself, so that no other process pays for it.
    .systemLibrary(
      name: "CPostgreSQL", path: "Sources/SystemLibraries/CPostgreSQL", providers: [.apt(["libpq-dev"])]),
    .target(name: "CShims", path: "Sources/SystemLibraries/CShims", cSettings: [.unsafeFlags(["-O2"])]),

    layer("Data", "Bytes", uses: ["CShims"]),
    layer("Data", "Items", uses: ["Bytes"]),
    layer("Data", "Expressions", uses: ["Bytes", "Items"]),

    layer("Consensus", "Environment", uses: ["Bytes"]),
    layer("Consensus", "Raft", uses: ["Bytes", "Environment", deques]),

    layer("Simulation", "SimulatedDisk", uses: ["Bytes", "Environment"]),

    layer("Storage", "Journal", uses: ["Bytes", "Environment", "Raft", deques]),
    layer("Storage", "Store", uses: ["Bytes", "Environment", "Raft", "CSQLite", "CShims", deques]),

    layer("Cluster", "Messages", uses: ["Bytes", "Items", "Expressions"]),
    layer("Cluster", "Catalog", uses: ["Bytes", "Items", "Messages"]),
    layer("Cluster", "Shards", uses: ["Bytes", "Items", "Expressions", "Environment", "Store", "Messages", "Catalog"]),
    layer(
      "Cluster", "Replicas",
      uses: ["Bytes", "Items", "Environment", "Raft", "Journal", "Store", "Messages", "Catalog", "Shards", deques]),
    layer(
      "Cluster", "Node",
      uses: [
        "Bytes", "Environment", "Raft", "Journal", "Store", "Messages", "Catalog", "Shards", "Replicas", deques,
      ]),
    layer(
      "Cluster", "Coordinator",
      uses: ["Bytes", "Items", "Expressions", "Environment", "Messages", "Catalog", deques]),

    layer("System", "Telemetry"),
    layer("System", "System", uses: ["Bytes", "Environment", "CShims"]),
    layer("System", "Settings", uses: [yams]),
    layer(
      "System", "Transport",
      uses: ["Bytes", "Environment", "CNGHTTP2", "Telemetry", nioCore, nioPosix, logging]),

    layer(
      "Edge", "Client", uses: ["Bytes", "Items", crypto, nioCore, nioPosix, nioHTTP1, nioTLS, nioSSL]),
    layer(
      "Edge", "Edge",
      uses: [
        "Bytes", "Items", "Expressions", "Environment", "Messages", "Catalog", "Coordinator", "Telemetry", "CZlib",
        "CNGHTTP2", "Client", nioCore, nioPosix, nioHTTP1, logging,
      ]),
    layer(
      "Edge", "Roles",
      uses: [
        "Bytes", "Items", "Environment", "Raft", "Journal", "Store", "Messages", "Catalog", "Shards", "Replicas",
        "Node",
        "Coordinator", "Telemetry", "System", "Settings", "Transport", "Edge", crypto, nioCore, nioPosix, nioHTTP1,
        logging,
      ]),

    layer(
      "Sink", "Sink",
      uses: ["Bytes", "Items", "Settings", "Telemetry", "Client", "CPostgreSQL", crypto, logging]),

    layer("Tools", "History", uses: ["Bytes", "Items"]),
    layer("Tools", "SampleData", uses: ["Bytes", "Items", "Environment"]),
    layer(
      "Tools", "Supervisor",
      uses: ["Bytes", "Items", "Environment", "Settings", "Client", "System", "SampleData", nioCore, nioPosix]),

    layer(
      "Tools", "Load",
      uses: [
        "Bytes", "Items", "Environment", "Settings", "System", "Client", "History", "SampleData",
        histogram, deques, nioCore, nioPosix, yams,
      ]),
    layer(
      "Tools", "Drills",
      uses: ["Items", "Environment", "Settings", "Client", "Sink", "History", "Supervisor", "Load"]),

    layer(
      "Simulation", "Simulation",
      uses: [
        "Bytes", "Items", "Expressions", "Environment", "SimulatedDisk", "Raft", "Journal", "Store", "Messages",
        "Catalog", "Shards", "Replicas", "Node", "Coordinator", "History", deques,
      ]),

    .executableTarget(
      name: "gantry",
      dependencies: [
        "Bytes", "Items", "Environment", "Messages", "Catalog", "Shards", "Replicas", "Node", "Coordinator",
        "System", "Settings", "Transport", "Telemetry", "Edge", "Roles", "Client", "Sink", "History", "Supervisor",
        "Load", "Drills", "Simulation", argumentParser, logging, nioCore, nioPosix, nioHTTP1, yams,
      ],
      path: "Sources/gantry",
      swiftSettings: settings,
      linkerSettings: [
        .unsafeFlags(
          [
            "-static-stdlib", "-lFoundation", "-lCoreFoundation", "-l_FoundationICU", "-l_FoundationCShims",
            "-l_FoundationCollections", "-lstdc++",
          ], .when(platforms: [.linux], configuration: .release))
      ]),

    tests("BytesTests", uses: ["Bytes"]),
    tests("ItemsTests", uses: ["Bytes", "Items", "Environment"]),
    tests("ExpressionsTests", uses: ["Bytes", "Items", "Expressions", "Environment"]),
    tests("EnvironmentTests", uses: ["Environment"]),
    tests("RaftTests", uses: ["Bytes", "Environment", "Raft"], resources: ["traces"]),
    tests("JournalTests", uses: ["Bytes", "Environment", "Raft", "Journal", "System", "SimulatedDisk"]),
    tests("StoreTests", uses: ["Bytes", "Environment", "Raft", "Store", "System", "SimulatedDisk"]),
    tests("TransportTests", uses: ["Bytes", "Environment", "Telemetry", "Transport", nioCore, nioPosix, logging]),
    tests(
      "EdgeTests",
      uses: [
        "Bytes", "Items", "Expressions", "Environment", "Messages", "Catalog", "Coordinator", "Telemetry", "CZlib",
        "Client", "Edge", nioCore, nioPosix, nioEmbedded, nioHTTP1,
      ]),
    tests("SettingsTests", uses: ["Settings"]),
    tests("HistoryTests", uses: ["Environment", "History"]),
    tests("ClientTests", uses: ["Items", "Client", nioCore, nioPosix, nioHTTP1, nioSSL]),
    tests(
      "LoadTests",
      uses: [
        "Bytes", "Items", "Expressions", "Environment", "Settings", "Client", "History", "SampleData", "Supervisor",
        "Load", nioCore, nioPosix,
      ]),
    tests(
      "SinkTests",
      uses: ["Bytes", "Items", "Environment", "Settings", "Telemetry", "Client", "SampleData", "Sink", logging]),
    tests(
      "DrillsTests", uses: ["Environment", "Settings", "Sink", "History", "Supervisor", "Load", "Drills"]),
    tests("SampleDataTests", uses: ["Bytes", "Items", "SampleData"]),
    tests("SupervisorTests", uses: ["Bytes", "Items", "Settings", "Supervisor"]),
    tests("CatalogTests", uses: ["Bytes", "Items", "Messages", "Catalog"]),
    tests(
      "ShardsTests",
      uses: [
        "Bytes", "Items", "Expressions", "Environment", "Raft", "Store", "Messages", "Catalog", "Shards",
        "SimulatedDisk",
      ]),
    tests(
      "NodeTests",
      uses: [
        "Bytes", "Items", "Expressions", "Environment", "Raft", "Journal", "Store", "Messages", "Catalog", "Shards",
        "Replicas", "Node", "SimulatedDisk", "System",
      ]),
    tests("ReplicasTests", uses: ["Bytes", "Items", "Environment", "Raft", "Messages", "Shards", "Replicas"]),
    tests("CoordinatorTests", uses: ["Bytes", "Items", "Environment", "Messages", "Catalog", "Coordinator"]),
    tests(
      "SimulationTests",
      uses: [
        "Bytes", "Items", "Expressions", "Environment", "Raft", "Messages", "Catalog", "Node", "Coordinator",
        "SimulatedDisk",
        "Simulation",
      ]),
    tests(
      "ClusterTests",
      uses: [
        "Bytes", "Items", "Environment", "Messages", "Catalog", "Raft", "Journal", "System", "Client", "History",
        "Supervisor", "Load", "Sink",
      ]),
  ]
)
