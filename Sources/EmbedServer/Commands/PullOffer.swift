/// Offers to fetch models that `serve` shall serve and the store lacks.
struct PullOffer {
    /// What the operator chose.
    let settings: Settings
    /// Where the store is.
    let home: HomeDirectory
    /// The environment of the process.
    let environment: [String: String]

    /// Asks for every missing model that has a known repository; where there is nobody to ask, the start fails with advice.
    ///
    /// - Throws: what `ModelPull.run` throws, and `HubError` for a bad address.
    func make() throws {
        guard Terminal.isInteractive else { return }
        let store = ModelStore(home: home)
        for model in settings.models where model.path == nil && !store.holds(model.id) {
            guard let repository = Repository(model.id),
                Terminal.confirms("\(model.id) is not in \(store.directory). Fetch it?")
            else { continue }
            let pull = ModelPull(
                repository: repository,
                revision: "main",
                id: model.id,
                store: store,
                access: try HubAccess(flag: nil, setting: settings.hub.endpoint, environment: environment),
                connections: PullCommand.defaultConnections,
                accepts: Terminal.accepts,
                report: { StandardError.write($0 + "\n") }
            )
            _ = try pull.run()
        }
    }
}
