/// Fetches a model from a hub, or from the cache of the hub's own tools, into the store.
struct ModelPull {
    /// What to fetch.
    let repository: Repository
    /// A branch, a tag or a commit.
    let revision: String
    /// The name in the store.
    let id: String
    /// Where to put it.
    let store: ModelStore
    /// Where the hub is.
    let access: HubAccess
    /// The most transfers at once.
    let connections: Int
    /// Asked about licences that are not permissive; returns whether they are accepted.
    let accepts: (Licence) -> Bool
    /// Hears what is being done.
    let report: (String) -> Void

    /// What is to be fetched, and from where.
    private struct Plan {
        let commit: String
        let licence: Licence
        let files: [RepositoryFile]
        /// `nil` offline.
        let client: HubClient?
    }

    /// Fetches what is missing, checks all of it, and puts it in its place.
    ///
    /// - Returns: the model's folder.
    /// - Throws: `HubError`, `StoreError` or `IOError`.
    func run() throws -> String {
        let target = try store.directory(of: id)
        let plan = try access.isOffline ? cachedPlan() : hubPlan()
        if FileTree.isDirectory(target) {
            let installed = ModelManifest.read(directory: target)
            guard installed?.repository == repository.description else {
                throw StoreError.taken(id: id, directory: target)
            }
            if installed?.commit == plan.commit, isWhole(installed, in: target) {
                report("\(repository) at \(plan.commit) is in \(target) already")
                return target
            }
        }
        let total = plan.files.reduce(0) { $0 + $1.size }
        report("\(repository) at \(plan.commit): \(plan.files.count) files, \(ByteCount(total))")
        report("licence: \(plan.licence.name)")
        if !plan.licence.isPermissive, !accepts(plan.licence) { throw HubError.licence(plan.licence.name) }
        try FileTree.makeDirectory(store.directory)
        let staging = try Staging(id, in: store.directory)
        let files = try collect(plan, in: staging, total: total)
        let manifest = ModelManifest(
            repository: repository.description,
            commit: plan.commit,
            licence: plan.licence.identifier,
            files: files
        )
        return try staging.install(manifest)
    }

    private func isWhole(_ manifest: ModelManifest?, in directory: String) -> Bool {
        manifest?.files.allSatisfy { FileTree.size(of: "\(directory)/\($0.path)") == $0.size } == true
    }

    private func hubPlan() throws(HubError) -> Plan {
        guard let endpoint = access.endpoint else { throw .noEndpoint }
        if access.exposesToken { report("warning: HF_TOKEN goes over the network in the clear, to \(endpoint)") }
        let client = HubClient(access: access, endpoint: endpoint, repository: repository, report: report)
        let snapshot = try client.snapshot(revision: revision)
        let files = try CheckpointSelection.files(of: repository, in: snapshot.files)
        return Plan(commit: snapshot.commit, licence: licence(snapshot.licence), files: files, client: client)
    }

    private func cachedPlan() throws(HubError) -> Plan {
        let cache = HubCache(root: access.cache, repository: repository)
        guard let commit = cache.commit(of: revision) else {
            throw .offline("\(access.cache) has no \(repository) at revision \(revision)")
        }
        let files = try CheckpointSelection.files(of: repository, in: cache.files(commit: commit))
        return Plan(commit: commit, licence: licence(cache.licence(commit: commit)), files: files, client: nil)
    }

    private func licence(_ found: Licence) -> Licence {
        found.identifier == nil && Repository(repository.name) == repository ? .published : found
    }

    /// Gets every file into the staging folder, from wherever it is nearest.
    private func collect(_ plan: Plan, in staging: Staging, total: Int) throws -> [ModelManifest.File] {
        let cache = HubCache(root: access.cache, repository: repository)
        var collected: [ModelManifest.File] = []
        var missing: [RepositoryFile] = []
        for file in plan.files {
            let path = try staging.path(of: file.path)
            if FileTree.size(of: path) == file.size, let entry = try? checked(file, at: path) {
                collected.append(entry)
                continue
            }
            try FileTree.remove(path)
            if let cached = cache.path(of: file, commit: plan.commit) {
                try FileTree.linkOrCopy(cached, to: path)
                if let entry = try? checked(file, at: path) {
                    report("\(file.path): found in \(access.cache)")
                    collected.append(entry)
                    continue
                }
                report("\(file.path): what \(access.cache) has of it is damaged")
                try FileTree.remove(path)
            }
            missing.append(file)
        }
        guard !missing.isEmpty else { return collected }
        guard let client = plan.client else {
            throw HubError.offline("\(access.cache) has no sound \(missing[0].path) of \(repository)")
        }
        return try collected + download(missing, plan: plan, client: client, staging: staging, total: total)
    }

    private func download(
        _ files: [RepositoryFile],
        plan: Plan,
        client: HubClient,
        staging: Staging,
        total: Int
    ) throws -> [ModelManifest.File] {
        let received = files.reduce(0) { $0 + PartialFile.received(path: staging.partPath(of: $1), size: $1.size) }
        let missing = files.reduce(0) { $0 + $1.size }
        // Folders and manifest take a little, and a full volume serves nobody.
        let needed = missing - received + (16 << 20)
        let available = try FileTree.available(at: store.directory)
        guard needed <= available else {
            throw HubError.noSpace(directory: store.directory, needed: needed, available: available)
        }
        if received > 0 { report("going on after \(ByteCount(received)) of \(ByteCount(missing))") }
        let progress = ProgressReport(total: missing)
        let jobs = try files.map { file in
            Downloader.Job(
                file: file,
                url: client.url(of: file.path, commit: plan.commit),
                partial: try PartialFile(path: staging.partPath(of: file), size: file.size)
            )
        }
        defer { progress.finish() }
        try Downloader(jobs, client: client, revision: revision, connections: connections, progress: progress).run()
        progress.finish()
        report("checking")
        var entries: [ModelManifest.File] = []
        for job in jobs {
            do {
                try job.partial.synchronize()
                entries.append(try checked(job.file, at: job.partial.path))
            } catch let error as HubError {
                try PartialFile.remove(job.partial.path)
                throw error
            }
            try FileTree.rename(job.partial.path, to: try staging.path(of: job.file.path))
        }
        return entries
    }

    /// Hashes a file and compares it with what the hub lists.
    private func checked(_ file: RepositoryFile, at path: String) throws -> ModelManifest.File {
        let found = try FileDigest.of(path: path, size: file.size, git: file.digest?.isGit == true)
        switch file.digest {
        case .sha256(let expected) where expected != found.sha256:
            throw HubError.wrongDigest(file: file.path.text, kind: "SHA-256", expected: expected, found: found.sha256)
        case .gitBlob(let expected) where expected != found.gitBlob:
            let digits = found.gitBlob ?? "unknown"
            throw HubError.wrongDigest(file: file.path.text, kind: "git object id", expected: expected, found: digits)
        default: return ModelManifest.File(path: file.path, size: file.size, sha256: found.sha256)
        }
    }
}
