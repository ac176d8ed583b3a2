import ArgumentParser
import InferenceCore

/// The value of `--task`: the words of the HTTP API.
struct TaskOption: ExpressibleByArgument {
    /// What the word stands for.
    let task: EmbeddingTask

    init?(argument: String) {
        guard let task = TaskName.task(argument) else { return nil }
        self.task = task
    }

    static var allValueStrings: [String] { EmbeddingTask.allCases.map(\.rawValue) }
}
