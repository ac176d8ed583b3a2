import InferenceCore

extension EngineConfiguration {
    /// What the operator's settings mean for the engine.
    init(_ settings: Settings) {
        self.init()
        threads = settings.compute.threads
        queueTokens = settings.scheduler.queueTokens
        stepTokens = settings.scheduler.stepTokens
        interactiveWait = settings.scheduler.interactiveWaitSeconds.map { .seconds($0) }
        bulkWait = settings.scheduler.bulkWaitSeconds.map { .seconds($0) }
        cacheBytes = settings.cache.bytes
    }
}
