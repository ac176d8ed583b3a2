import CCurl
import Glibc
import JSONCore

/// Asks a hub what a repository holds.
struct HubClient {
    /// How to talk to the hub.
    let access: HubAccess
    /// The hub's address.
    let endpoint: String
    /// The repository.
    let repository: Repository
    /// Hears of waits.
    let report: (String) -> Void

    private static let maximumDocumentBytes = 64 << 20

    /// A repository at one commit.
    struct Snapshot {
        /// The commit that the revision stands for.
        let commit: String
        /// What the repository says about its licence.
        let licence: Licence
        /// Its files.
        let files: [RepositoryFile]
    }

    /// What the repository holds at a branch, tag or commit.
    func snapshot(revision: String) throws(HubError) -> Snapshot {
        let base = "\(endpoint)/api/models/\(repository)"
        let url = "\(base)/revision/\(Self.escaped(revision))"
        let (info, _) = try document(url, revision: revision)
        guard let commit = info["sha"]?.string, RepositoryFile.Digest(hexadecimal: commit) != nil else {
            throw .badAnswer(url: url, reason: "expected the commit in \"sha\"")
        }
        var files: [RepositoryFile] = []
        var next: String? = "\(base)/tree/\(commit)?recursive=true"
        while let page = next {
            let (list, link) = try document(page, revision: revision)
            files += try Self.files(list, url: page)
            next = link
        }
        return Snapshot(commit: commit, licence: Self.licence(info), files: files)
    }

    /// The URL of a file's octets.
    func url(of path: RelativePath, commit: String) -> String {
        "\(endpoint)/\(repository)/resolve/\(commit)/\(path.components.map(Self.escaped).joined(separator: "/"))"
    }

    /// What a status other than success means.
    func refusal(_ transfer: HTTPTransfer, revision: String) -> HubError {
        let detail = transfer.field("x-error-message") ?? transfer.field("x-error-code") ?? ""
        switch transfer.status {
        case 401, 403: return .refused(repository, status: transfer.status, detail: detail)
        case 404: return .notFound(repository, revision: revision, detail: detail)
        default: return .transfer(url: transfer.request.url, reason: "the hub answers \(transfer.status)")
        }
    }

    /// Fetches a JSON document; also returns the address of its next page.
    private func document(_ url: String, revision: String) throws(HubError) -> (JSONValue, next: String?) {
        var attempt = 1
        while true {
            let transfer = HTTPTransfer(
                HTTPTransfer.Request(
                    url: url,
                    token: access.token,
                    authorities: access.authorities,
                    timeoutSeconds: 120
                )
            )
            var body: [UInt8] = []
            transfer.onBody = {
                body += $0
                return body.count <= Self.maximumDocumentBytes
            }
            let code = curl_easy_perform(transfer.handle)
            if code == CURLE_OK, transfer.status == 200 {
                return (try Self.parsed(body, url: url), try nextPage(transfer))
            }
            let isTransient =
                code == CURLE_OK ? RetryPolicy.isTransient(status: transfer.status) : RetryPolicy.isTransient(code)
            guard isTransient, attempt < RetryPolicy.maximumAttempts else {
                if code == CURLE_OK { throw refusal(transfer, revision: revision) }
                throw .transfer(url: url, reason: transfer.reason(code))
            }
            let asked = RetryPolicy.seconds(retryAfter: transfer.field("retry-after"))
            if let asked, asked > RetryPolicy.maximumSeconds { throw .busy(seconds: asked) }
            let delay = asked.map { .seconds($0) } ?? RetryPolicy.delay(attempt: attempt)
            let problem = code == CURLE_OK ? "the hub answers \(transfer.status)" : transfer.reason(code)
            report("\(problem); trying again in \(delay)")
            usleep(UInt32(delay.milliseconds * 1000))
            attempt += 1
        }
    }

    /// The `next` of a Link field (RFC 8288), on this hub: mirrors hand on the address of the hub they mirror, which
    /// is not to be asked, and must not see the token.
    private func nextPage(_ transfer: HTTPTransfer) throws(HubError) -> String? {
        guard let link = transfer.field("link") else { return nil }
        let target = link.split(separator: ",").first { $0.contains("rel=\"next\"") || $0.contains("rel=next") }
        guard let target else { return nil }
        let parts = target.prefix { $0 != ">" }.split(separator: "/api/models/", maxSplits: 1)
        guard parts.count == 2 else {
            throw .badAnswer(url: transfer.request.url, reason: "its next page is none of this API")
        }
        return "\(endpoint)/api/models/\(parts[1])"
    }

    private static func parsed(_ body: [UInt8], url: String) throws(HubError) -> JSONValue {
        do throws(JSONError) {
            return try JSONParser.parse(body)
        } catch {
            throw .badAnswer(url: url, reason: "not JSON: \(error)")
        }
    }

    private static func files(_ list: JSONValue, url: String) throws(HubError) -> [RepositoryFile] {
        guard let items = list.array else { throw .badAnswer(url: url, reason: "expected a list of files") }
        var files: [RepositoryFile] = []
        for (index, item) in items.enumerated() where item["type"]?.string == "file" {
            // Large files are kept outside of git; their size and SHA-256 are in `lfs`.
            let source = item["lfs"]?.object == nil ? item : item["lfs"] ?? item
            guard let text = item["path"]?.string, let size = source["size"]?.integer, (0...1 << 50).contains(size),
                let digest = source["oid"]?.string.flatMap(RepositoryFile.Digest.init(hexadecimal:))
            else { throw .badAnswer(url: url, reason: "[\(index)]: expected path, size and oid of a file") }
            guard let path = RelativePath(text) else {
                throw .badAnswer(url: url, reason: "[\(index)]: the path leads out of the repository")
            }
            files.append(RepositoryFile(path: path, size: size, digest: digest))
        }
        return files
    }

    private static func licence(_ info: JSONValue) -> Licence {
        let card = info["cardData"]?["license"]?.string
        let tag = info["tags"]?.array?.lazy.compactMap(\.string).first { $0.hasPrefix("license:") }
        let name = card == "other" ? info["cardData"]?["license_name"]?.string ?? card : card
        return Licence(identifier: name ?? tag.map { String($0.dropFirst("license:".count)) })
    }

    /// Percent-encodes one segment of a path (RFC 3986).
    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let octets = text.utf8.flatMap { octet -> [UInt8] in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                [octet]
            default: [UInt8(ascii: "%"), digits[Int(octet >> 4)], digits[Int(octet & 15)]]
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }
}
