import InferenceCore
import JSONCore

extension EmbeddingsRequest {
    /// Reads a request body as leniently as the hosted APIs do: unknown members are ignored, `null` means absent, the
    /// neighbours' names for a field are understood, and its own name beats them.
    init(body: [UInt8]) throws(APIError) {
        try self.init(RequestFields(body: body))
    }

    /// Reads the members of a request body.
    init(_ fields: RequestFields) throws(APIError) {
        self.init(input: try Input(fields))
        for names in MemberNames.unsupported { try fields.refuse(names) }
        model = try fields.text(MemberNames.model)
        task = try fields.task(MemberNames.task)
        dimensions = try fields.count(MemberNames.dimensions)
        normalized = try fields.flag(MemberNames.normalized) ?? true
        truncate = try fields.flag(MemberNames.truncate) ?? false
        isPartial = try fields.flag(MemberNames.partial) ?? false
        reportsTruncation = try fields.flag(MemberNames.reportsTruncation) ?? false
        format = OutputFormat(
            type: try fields.onlyChoice(MemberNames.type),
            numbers: try fields.onlyChoice(MemberNames.numbers),
            encoding: try fields.onlyChoice(MemberNames.encoding)
        )
    }

    /// What the members of the body are called; an earlier name beats a later.
    enum MemberNames {
        static let input = ["input", "texts", "content"]
        static let model = ["model"]
        static let task = ["task", "task_type", "input_type"]
        static let dimensions = ["dimensions", "output_dimension", "output_dimensionality"]
        static let normalized = ["normalized"]
        static let truncate = ["truncate", "truncation"]
        static let partial = ["partial"]
        static let reportsTruncation = ["return_truncated"]
        static let type = ["embedding_type", "encoding_type", "embedding_types"]
        static let numbers = ["output_dtype"]
        static let encoding = ["encoding_format"]
        static let unsupported = [["late_chunking"], ["return_multivector"]]
        /// All of them.
        static let all =
            [input, model, task, dimensions, normalized, truncate, partial, reportsTruncation, type, numbers, encoding]
            .flatMap(\.self) + unsupported.flatMap(\.self)
    }
}

extension RequestFields {
    /// A word of `Choice`, or a list that holds just one.
    fileprivate func onlyChoice<Choice: RawRepresentable<String> & CaseIterable>(
        _ names: [String]
    ) throws(APIError) -> Choice? {
        guard let field = first(names) else { return nil }
        guard let list = field.value.array else { return try Self.choice(field.value, at: field.name) }
        if list.count > 1 {
            throw .invalid(
                field.name,
                type: "too_long",
                """
                \(field.name) should name one type: an item of this answer has room for one vector. \
                POST /v2/embed gives several types at once.
                """
            )
        }
        return try Self.choice(list.first ?? .null, at: field.name)
    }
}
