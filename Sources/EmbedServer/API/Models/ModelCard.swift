/// What people want to read about a model: known for those we know, plain for all others.
struct ModelCard {
    /// Who made it.
    let owner: String
    /// Its name for people.
    let name: String
    /// What it is good for.
    let text: String
    /// Its name on the Hugging Face hub; empty if unknown.
    let hubID: String

    /// How to get from the default model to the ones this server is for.
    static let howToSwitch = """
        To serve jina-embeddings-v5 instead, start with --model jina-embeddings-v5-text-nano=DIR or \
        --model jina-embeddings-v5-text-small=DIR, where DIR holds the checkpoint.
        """

    /// Finds the card of a model by the name it is served under.
    init(_ id: String) {
        let bare = ModelName.withoutPublisher(id)
        switch bare {
        case ModelSettings.standard.id:
            owner = "sentence-transformers"
            name = "all-MiniLM-L6-v2"
            text =
                "The small default model: English, 384 dimensions, the same vectors for every task. " + Self.howToSwitch
            hubID = "sentence-transformers/all-MiniLM-L6-v2"
        case "jina-embeddings-v5-text-nano", "jina-embeddings-v5-text-small":
            let isNano = bare.hasSuffix("nano")
            owner = "jina-ai"
            name = "Jina Embeddings v5 Text \(isNano ? "Nano" : "Small")"
            text = """
                Multilingual text embeddings with an adapter for each task and Matryoshka dimensions; \
                the \(isNano ? "smaller and faster" : "larger and more accurate") of the two text models.
                """
            hubID = "jinaai/\(bare)"
        default:
            owner = "local"
            name = id
            text = "A model from a folder of this server."
            hubID = ""
        }
    }
}
