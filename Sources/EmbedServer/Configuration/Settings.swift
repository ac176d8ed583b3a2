import InferenceCore
import Logging

/// Everything an operator can choose, with its default.
///
/// `SettingField.all` gives each field its name in `config.json`, in the environment and as a flag;
/// `docs/configuration.md` says when to change it.
struct Settings: Sendable, Equatable {
    /// Where the server listens and what it allows a connection.
    var server = ServerSettings()
    /// What to serve; empty serves `ModelSettings.standard`.
    var models: [ModelSettings] = []
    /// What the forward pass may use.
    var compute = ComputeSettings()
    /// How much work may wait, and how it is cut into steps.
    var scheduler = SchedulerSettings()
    /// Which vectors are kept for later requests.
    var cache = CacheSettings()
    /// How much of batches is kept, and for how long.
    var batch = BatchSettings()
    /// What is logged, and how.
    var log = LogSettings()
    /// Who may ask for embeddings.
    var auth = AuthenticationSettings()
    /// Which web pages may ask.
    var cors = CORSSettings()
    /// Where models are fetched from.
    var hub = HubSettings()
}

/// Where the server listens and what it allows a connection.
struct ServerSettings: Sendable, Equatable {
    /// The address to bind: a numeric address or a host name.
    var host = "127.0.0.1"
    /// The TCP port; 0 lets the system choose one.
    var port = 8080
    /// Names that the server may be called by besides those of this machine; `*` is any.
    var allowedHosts: [String] = []
    /// The most connections open at once.
    var maximumConnections = 1_024
    /// The most octets of a request body.
    var maximumBodyBytes = 32 << 20
    /// The most octets of all request bodies held at once.
    var maximumBufferedBodyBytes = 512 << 20
    /// The most octets of all answers held at once.
    var maximumBufferedAnswerBytes = 256 << 20
    /// The coding of answers for clients that accept it.
    var compression = Compression.gzip
    /// Octets of the shortest answer that is compressed.
    var compressionMinimumBytes = 1_024
    /// Whether `GET /` is a page to try the server out.
    var playground = true
    /// With a certificate the server speaks https.
    var tls = TLSSettings()
    /// Seconds a client may take to send a request's head.
    var headTimeoutSeconds = 10
    /// Seconds in which a body must bring its share, again and again.
    var bodyTimeoutSeconds = 20
    /// Seconds a connection may stay open between requests.
    var idleTimeoutSeconds = 75
    /// Seconds a client's system may go without confirming any octet of an answer.
    var writeTimeoutSeconds = 30
    /// Seconds given to running requests after SIGTERM or SIGINT.
    var shutdownTimeoutSeconds = 30
}

/// The files of TLS, all in PEM form.
struct TLSSettings: Sendable, Equatable {
    /// The certificate, with the intermediate ones behind it.
    var certificate: String?
    /// Its private key.
    var key: String?
    /// The authorities whose certificates clients must show.
    var clientCA: String?
}

/// How answers are compressed.
enum Compression: String, CaseIterable, Sendable {
    case gzip, none
}

/// What the forward pass may use.
struct ComputeSettings: Sendable, Equatable {
    /// Compute threads; `nil` takes what CPU affinity and the cgroup's quota allow.
    var threads: Int?
    /// Which code multiplies matrices.
    var backend = ComputeBackend.native
}

/// How much work may wait, and how it is cut into steps.
struct SchedulerSettings: Sendable, Equatable {
    /// The most tokens waiting in one class; a request that would go over it is answered with 429.
    var queueTokens = 262_144
    /// The most tokens of one forward pass, unless one input alone has more.
    var stepTokens = 2_048
    /// Seconds of predicted wait above which an interactive request is answered with 429; `nil`: never.
    var interactiveWaitSeconds: Int? = 5
    /// Seconds of predicted wait above which a bulk request is answered with 429; `nil`: never.
    var bulkWaitSeconds: Int? = 120
    /// Seconds after which a request is answered with 504; `nil`: never.
    var requestTimeoutSeconds: Int? = 600
}

/// Which vectors are kept for later requests.
struct CacheSettings: Sendable, Equatable {
    /// Octets of vectors and their ids; 0 keeps none.
    var bytes = 64 << 20
    /// Whether keys share them, and can tell by it what others have embedded.
    var shared = false
}

/// How much of batches is kept, and for how long.
struct BatchSettings: Sendable, Equatable {
    /// The folder for files and batches; `nil` is `$EMBED_HOME/batches`.
    var directory: String?
    /// The most octets of an uploaded file.
    var maximumFileBytes = 200_000_000
    /// The most requests of a file.
    var maximumLines = 50_000
    /// The most octets of all files, results and batches on the disk.
    var maximumStoredBytes = 10 << 30
    /// The most files that one owner may have uploaded.
    var maximumFiles = 1_000
    /// The most batches of one owner, those that are over included.
    var maximumBatches = 1_000
    /// Hours that files are kept if their owner does not say, and batches that are over.
    var retentionHours = 720
}

/// What is logged, and how.
struct LogSettings: Sendable, Equatable {
    /// The least severe level that is written.
    var level = Logger.Level.info
    /// How a line looks.
    var format = LogFormat.auto
}

/// Who may ask for embeddings.
struct AuthenticationSettings: Sendable, Equatable {
    /// Keys that may embed and read metrics; empty, and without a key file, lets everybody in.
    var apiKeys: [String] = []
    /// A file of keys with names, scopes and limits, which may change while the server runs.
    var keysFile: String?
}

/// Which web pages may ask for embeddings from a browser.
struct CORSSettings: Sendable, Equatable {
    /// Their origins; `*` is any, empty is none.
    var allowedOrigins: [String] = []
}

/// Where models are fetched from.
struct HubSettings: Sendable, Equatable {
    /// The address of a model hub or of a mirror; `nil` leaves it to `HF_ENDPOINT`.
    var endpoint: String?
}
