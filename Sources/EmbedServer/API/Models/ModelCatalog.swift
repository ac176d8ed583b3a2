import HTTPCore
import InferenceCore

/// A loaded model with its settings.
struct ServedModel: Sendable {
    /// How the operator wants it served.
    var settings: ModelSettings
    /// What computes its vectors.
    var backend: any EmbeddingBackend

    /// The name clients ask for.
    var id: String { settings.id }
}

/// The models that are served, found by any of their names.
struct ModelCatalog: Sendable {
    /// In the order of the configuration.
    let models: [ServedModel]
    private let indexByName: [String: Int]

    /// A model, and what else the name stands for that it was found under.
    struct Match {
        /// The model.
        let model: ServedModel
        /// The task that the name implies.
        var task: EmbeddingTask?
        /// The length of vectors that the name implies.
        var dimensions: Int?
    }

    /// The longest name of a model, in octets: a longer one names nothing.
    private static let maximumNameBytes = 512

    /// Checks that names are unique and not too long, and that the defaults are possible for their models.
    init(_ models: [ServedModel]) throws(SettingsError) {
        var indexByName: [String: Int] = [:]
        for (index, model) in models.enumerated() {
            try model.checkDefaults(field: "models[\(index)]")
            let names = [model.id] + model.settings.aliases.map(\.name)
            if names.contains(where: { $0.utf8.count > Self.maximumNameBytes }) {
                let reason = "names can have at most \(Self.maximumNameBytes) bytes"
                throw SettingsError(source: "configuration", field: "models[\(index)]", reason: reason)
            }
            for name in Set(names + names.map(ModelName.withoutPublisher)) {
                if let other = indexByName.updateValue(index, forKey: name) {
                    let reason = "the name '\(name)' is taken by models[\(other)]"
                    throw SettingsError(source: "configuration", field: "models[\(index)]", reason: reason)
                }
            }
        }
        self.models = models
        self.indexByName = indexByName
    }

    /// Finds the model of a request; one that names none gets the only model there is.
    func resolve(_ name: String?) throws(APIError) -> Match {
        let ids = models.map(\.id)
        if let name {
            guard let match = find(name) else { throw .modelNotFound(name.excerpt, available: ids) }
            return match
        }
        guard models.count == 1, let model = models.first else {
            let message = "model is missing; this server has \(ids.joined(separator: ", "))."
            throw .invalid("model", type: "missing", message)
        }
        return Match(model: model)
    }

    /// Finds a model by its id, an alias, a published name, or one of these with `:<task>` behind it.
    func find(_ name: String) -> Match? {
        guard name.utf8.count <= Self.maximumNameBytes else { return nil }
        if let match = known(name) { return match }
        guard let colon = name.lastIndex(of: ":"),
            let task = TaskName.task(String(name[name.index(after: colon)...])),
            var match = known(String(name[..<colon]))
        else { return nil }
        match.task = task
        return match
    }

    /// Finds a model by its id, an alias, or a published name.
    private func known(_ name: String) -> Match? {
        if let match = exact(name) { return match }
        guard let published = ModelName.published(ModelName.withoutPublisher(name)),
            var match = exact(published.name)
        else { return nil }
        match.task = published.task ?? match.task
        return match
    }

    private func exact(_ name: String) -> Match? {
        let bare = ModelName.withoutPublisher(name)
        guard let index = indexByName[name] ?? indexByName[bare] else { return nil }
        let model = models[index]
        let aliases = model.settings.aliases
        let alias = aliases.first { $0.name == name } ?? aliases.first { ModelName.withoutPublisher($0.name) == bare }
        return Match(model: model, task: alias?.defaultTask, dimensions: alias?.defaultDimensions)
    }
}

extension ServedModel {
    /// Refuses defaults that could have no effect, or that would fail every request.
    fileprivate func checkDefaults(field: String) throws(SettingsError) {
        try check(task: settings.defaultTask, dimensions: settings.defaultDimensions, field: field)
        for (index, alias) in settings.aliases.enumerated() {
            try check(task: alias.defaultTask, dimensions: alias.defaultDimensions, field: "\(field).aliases[\(index)]")
        }
    }

    private func check(task: EmbeddingTask?, dimensions: Int?, field: String) throws(SettingsError) {
        let description = backend.description
        if let task, !description.tasks.contains(task) {
            let served = description.tasks.map(\.rawValue).joined(separator: ", ")
            throw SettingsError(
                source: "configuration",
                field: field + ".defaultTask",
                reason: served.isEmpty ? "\(id) does not tell tasks apart" : "\(id) serves only \(served)"
            )
        }
        if let dimensions, !description.accepts(dimensions: dimensions) {
            let allowed =
                description.supportsDimensions ? "1 to \(description.dimensions)" : "\(description.dimensions)"
            throw SettingsError(
                source: "configuration",
                field: field + ".defaultDimensions",
                reason: "vectors of \(id) can have \(allowed) values"
            )
        }
    }
}

extension ModelDescription {
    /// Whether a request may name this task: any, if the model treats all alike.
    func accepts(_ task: EmbeddingTask) -> Bool { tasks.isEmpty || tasks.contains(task) }

    /// Whether vectors can have this length.
    func accepts(dimensions: Int) -> Bool {
        supportsDimensions ? (1...self.dimensions).contains(dimensions) : dimensions == self.dimensions
    }
}
