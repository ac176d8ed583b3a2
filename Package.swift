// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "embed-server",
    products: [
        .executable(name: "embed-server", targets: ["EmbedServer"]),
        .library(name: "HTTPCore", targets: ["HTTPCore"]),
        .library(name: "InferenceCore", targets: ["InferenceCore"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    ],
    targets: [
        // System libraries and C.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CPlatform"),
        .target(name: "CKernels"),

        // The house: bytes → request → tokens → vectors → bytes.
        .target(name: "JSONCore", swiftSettings: strict),
        .target(
            name: "HTTPCore",
            dependencies: [
                "COpenSSL", "CPlatform", "CZlib",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "InferenceCore",
            dependencies: [
                "CKernels", "CPlatform", "JSONCore",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "EmbedServer",
            dependencies: [
                "CCurl", "COpenSSL", "CPlatform", "HTTPCore", "InferenceCore", "JSONCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.embedInCode("Resources")],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "http-echo",
            dependencies: [
                "HTTPCore",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Examples/http-echo",
            swiftSettings: strict
        ),

        .testTarget(name: "JSONCoreTests", dependencies: ["JSONCore"], swiftSettings: strict),
        .testTarget(
            name: "HTTPCoreTests",
            dependencies: [
                "COpenSSL", "CPlatform", "HTTPCore",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "InferenceCoreTests",
            dependencies: ["InferenceCore", "JSONCore", "CKernels"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EmbedServerTests",
            dependencies: [
                "EmbedServer", "HTTPCore", "InferenceCore", "JSONCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)

// Coverage-guided fuzzing, which only `swift build --sanitize=fuzzer` can link: `make fuzz`.
if Context.environment["EMBED_FUZZ"] != nil {
    package.targets += [
        .executableTarget(
            name: "fuzz-request",
            dependencies: ["HTTPCore"],
            path: "Fuzz/fuzz-request",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "fuzz-connection",
            dependencies: [
                "HTTPCore",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            path: "Fuzz/fuzz-connection",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "fuzz-coding",
            dependencies: ["HTTPCore"],
            path: "Fuzz/fuzz-coding",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "fuzz-json",
            dependencies: ["JSONCore"],
            path: "Fuzz/fuzz-json",
            swiftSettings: strict
        ),
    ]
}
