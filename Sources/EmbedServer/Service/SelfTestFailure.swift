import InferenceCore

/// A model that gives unsound vectors.
struct SelfTestFailure: Error, CustomStringConvertible {
    /// The model's name.
    let id: String
    /// What was not as it should be.
    let findings: [SelfTest.Finding]

    var description: String {
        let details = findings.map { "\($0.subject): \($0.detail)" }.joined(separator: "; ")
        return "\(id): the self-test failed, so this model is not served here. \(details)"
    }
}
