import ArgumentParser

/// The value of `--on-error`.
enum BadRecordOption: String, CaseIterable, ExpressibleByArgument {
    /// End there.
    case stop
    /// Note it and go on.
    case skip
}

extension RecordFormat: ExpressibleByArgument {}
extension VectorFormat: ExpressibleByArgument {}
extension OutputFormat.TypeName: ExpressibleByArgument {}
