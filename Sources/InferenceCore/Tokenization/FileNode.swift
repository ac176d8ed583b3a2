import JSONCore

/// A value inside a JSON file together with its path, so that every error says where it is.
struct FileNode {
    let file: String
    let path: String
    let value: JSONValue

    /// An error about this value.
    func fault(_ reason: String) -> CheckpointError {
        CheckpointError(file: file, reason: path.isEmpty ? reason : "\(path): \(reason)")
    }

    /// An error about the member `type` of this object.
    func unsupported(_ stage: String, _ type: String, _ supported: String) -> CheckpointError {
        child("type", value).fault("the \(stage) \"\(type)\" is not supported; supported are: \(supported)")
    }

    /// A member that must be there.
    func member(_ name: String) throws(CheckpointError) -> FileNode {
        guard let node = try optional(name) else { throw child(name).fault("is missing") }
        return node
    }

    /// A member, `nil` if it is absent or null.
    func optional(_ name: String) throws(CheckpointError) -> FileNode? {
        guard let value = try object()[name], !value.isNull else { return nil }
        return child(name, value)
    }

    func object() throws(CheckpointError) -> JSONObject {
        guard let object = value.object else { throw fault("expected an object") }
        return object
    }

    func items() throws(CheckpointError) -> [FileNode] {
        guard let array = value.array else { throw fault("expected an array") }
        return array.enumerated().map { item($0.offset, $0.element) }
    }

    func string() throws(CheckpointError) -> String {
        guard let string = value.string else { throw fault("expected a string") }
        return string
    }

    func bool() throws(CheckpointError) -> Bool {
        guard let bool = value.bool else { throw fault("expected true or false") }
        return bool
    }

    /// A token id.
    func id() throws(CheckpointError) -> Int32 {
        guard let integer = value.integer else { throw fault("expected a token id") }
        guard let id = Int32(tokenID: integer) else { throw fault("token id \(integer) is out of range") }
        return id
    }

    /// The member `type` of an object that has only the given other members.
    func type() throws(CheckpointError) -> String {
        try member("type").string()
    }

    /// Refuses members that are not understood: ignoring one could change ids silently.
    func allow(_ names: String...) throws(CheckpointError) {
        for member in try object().members where !names.contains(member.name) && !member.value.isNull {
            throw child(member.name, member.value).fault("this member is not supported")
        }
    }

    func item(_ index: Int, _ value: JSONValue = .null) -> FileNode {
        FileNode(file: file, path: "\(path)[\(index)]", value: value)
    }

    func child(_ name: String, _ value: JSONValue = .null) -> FileNode {
        FileNode(file: file, path: path.isEmpty ? name : "\(path).\(name)", value: value)
    }
}
