import Dispatch
import Glibc
import InferenceCore

/// Finds and reads checkpoints.
struct ModelLoader {
    /// Where models are that have no path of their own.
    let home: HomeDirectory

    /// The models to serve: the configured ones, or the default model.
    func models(_ settings: Settings) -> [ModelSettings] {
        settings.models.isEmpty ? [.standard] : settings.models
    }

    /// Complains about folders that are not there, before anything is opened or read.
    func check(_ models: [ModelSettings]) throws(MissingModel) {
        for model in models {
            let directory = home.directory(of: model)
            if access(directory + "/config.json", R_OK) != 0 {
                throw MissingModel(id: model.id, directory: directory, isOfStore: model.path == nil)
            }
        }
    }

    /// Reads the checkpoints on a thread of its own: it takes seconds, and tasks must go on to answer probes.
    func load(
        _ models: [ModelSettings],
        backend: ComputeBackend
    ) async throws(CheckpointError) -> [EmbeddingModel] {
        let jobs = models.map { (directory: home.directory(of: $0), id: $0.id) }
        let result: Result<[EmbeddingModel], CheckpointError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result { () throws(CheckpointError) in
                        var loaded: [EmbeddingModel] = []
                        for job in jobs {
                            loaded.append(try EmbeddingModel(directory: job.directory, id: job.id, backend: backend))
                        }
                        return loaded
                    }
                )
            }
        }
        return try result.get()
    }
}

/// A folder without a checkpoint.
struct MissingModel: Error, Equatable, CustomStringConvertible {
    /// The model's name.
    let id: String
    /// Where it should be.
    let directory: String
    /// Whether it was asked for by its name in the model store.
    let isOfStore: Bool

    var description: String {
        let advice =
            if id == ModelSettings.standard.id {
                "Run `make model` to get it, or pass --model ID=DIR to serve another one. In a container: build the image "
                    + "with --build-arg MODEL=\(id), or mount a model store."
            } else if isOfStore {
                "Run `embed-server pull \(Repository.published.contains(id) ? id : "OWNER/\(id)")` to get it, "
                    + "or pass --model ID=DIR."
            } else {
                "Pass the folder that holds config.json, tokenizer.json and model.safetensors."
            }
        return "\(id): there is no checkpoint in \(directory). \(advice)"
    }
}
