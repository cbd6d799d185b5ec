// swift-tools-version: 6.2

// The architecture, as data: each target with the modules it may import. Arrows only point down,
// and the build fails on an import that is not listed here (`Tools/test` turns that check on).

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A library target of Firn. Every one may also import `Bytes`.
func module(_ name: String, _ dependencies: [String]) -> Target {
    .target(
        name: name,
        dependencies: (name == "Bytes" ? [] : ["Bytes"]) + dependencies.map { .byName(name: $0) },
        swiftSettings: settings
    )
}

/// The tests of one module; they may import what the module imports, and TestKit.
func tests(_ name: String, _ dependencies: [String], exclude: [String] = []) -> Target {
    let common = ["Bytes", "JSON", "Platform", "Storage", "TestKit"]
    let all = Set(common + dependencies).sorted()
    return .testTarget(
        name: name,
        dependencies: all.map { .byName(name: $0) },
        exclude: exclude,
        swiftSettings: settings
    )
}

let modules: KeyValuePairs<String, [String]> = [
    "Bytes": [],
    "JSON": [],
    "Platform": ["CLinux"],
    "Telemetry": ["Platform", "JSON"],
    "Compression": ["CZstd", "CSnappy", "CZlib", "CCrypto"],
    "Storage": ["Platform"],
    "Records": ["JSON"],
    "Avro": ["JSON", "Compression"],
    "Parquet": ["Records", "Compression"],
    "Text": ["Records", "JSON"],
    "Metadata": ["Records", "JSON"],
    "Planning": ["Metadata", "Records"],
    "TransactionLog": [
        "Metadata", "Records", "Avro", "JSON", "Compression", "Storage", "Platform", "Telemetry",
    ],
    "Merge": ["Parquet", "Records", "Metadata", "Storage", "Platform", "JSON"],
    "Compaction": [
        "Planning", "Merge", "TransactionLog", "Metadata", "Records", "Storage", "Platform",
        "Telemetry",
    ],
    "Ingest": [
        "Text", "Avro", "Parquet", "Compression", "Merge", "TransactionLog", "Metadata", "Records",
        "JSON", "Storage", "Platform", "Telemetry",
    ],
    "Tables": [
        "Ingest", "Compaction", "Planning", "Merge", "TransactionLog", "Metadata", "Parquet", "Text",
        "Records", "JSON", "Storage", "Platform", "Telemetry",
    ],
    "FileTree": [
        "Tables", "Ingest", "Compaction", "Metadata", "Records", "JSON", "Storage", "Platform", "Telemetry",
    ],
    "FuseSession": ["CFuse3", "CLinux", "FileTree", "JSON", "Platform", "Telemetry"],
    "Commands": [
        "FuseSession", "FileTree", "Tables", "Ingest", "Compaction", "Metadata", "Records", "Text", "JSON",
        "Storage",
        "Platform", "Telemetry",
    ],
]

/// Programs that the tests of a module start.
let programs = ["FuseSession": "ToyMount", "TransactionLog": "Committer"]

/// Folders beside the tests of a module that they read.
let folders = ["Planning": ["Scenarios"]]

func systemLibrary(_ name: String, pkgConfig: String, package: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

let package = Package(
    name: "firn",
    products: [.executable(name: "firn", targets: ["firn"])],
    targets: [
        systemLibrary("CFuse3", pkgConfig: "fuse3", package: "libfuse3-dev"),
        systemLibrary("CZstd", pkgConfig: "libzstd", package: "libzstd-dev"),
        systemLibrary("CSnappy", pkgConfig: "snappy", package: "libsnappy-dev"),
        systemLibrary("CZlib", pkgConfig: "zlib", package: "zlib1g-dev"),
        systemLibrary("CCrypto", pkgConfig: "libcrypto", package: "libssl-dev"),
        .target(name: "CLinux"),
        .executableTarget(
            name: "firn", dependencies: ["Commands"], swiftSettings: settings),
        .target(
            name: "TestKit", dependencies: ["Bytes", "Storage", "Platform"], path: "Tests/TestKit",
            swiftSettings: settings),
        .executableTarget(
            name: "ToyMount", dependencies: ["Bytes", "FileTree", "FuseSession", "Platform", "Telemetry"],
            path: "Tests/ToyMount", swiftSettings: settings),
        .executableTarget(
            name: "Committer", dependencies: ["Bytes", "Metadata", "Platform", "Storage", "TransactionLog"],
            path: "Tests/Committer", swiftSettings: settings),
        .executableTarget(
            name: "firn-bench",
            dependencies: [
                "Avro", "Bytes", "Ingest", "JSON", "Merge", "Metadata", "Parquet", "Platform", "Records",
                "Storage", "TransactionLog",
            ],
            path: "Tools/Benchmarks", exclude: ["peers", "rows"], swiftSettings: settings),
        tests("MountTests", ["Records", "Metadata", "Parquet", "TransactionLog", "Tables"]),
        tests(
            "InteropTests",
            ["Avro", "Parquet", "Text", "Records", "Metadata", "TransactionLog", "Tables", "Compression"]),
    ]
        + modules.map(module)
        + modules.map { name, dependencies in
            tests(
                "\(name)Tests",
                [name] + (programs[name].map { [$0] } ?? [])
                    + dependencies.filter { !$0.hasPrefix("C") || $0 == "Compression" || $0 == "Compaction" },
                exclude: folders[name] ?? [])
        }
)
