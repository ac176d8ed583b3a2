import JSONCore

/// Writes a batch as Jina's API shows it.
enum JinaBatchObject {
    static func encode(_ batch: Batch) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        write(batch, to: &writer)
        return writer.bytes
    }

    static func write(_ batch: Batch, to writer: inout JSONWriter) {
        writer.object {
            $0.key("batch_id")
            $0.value(batch.id)
            $0.key("status")
            $0.value(batch.status.jinaName)
            $0.key("model")
            $0.value(batch.model ?? "")
            $0.key("created_at")
            $0.value(time(batch.createdAt))
            $0.key("completed_at")
            $0.optional(batch.status.isFinal ? batch.times[batch.status].map(time) : nil)
            $0.key("expires_at")
            $0.value(time(batch.expiresAt))
            $0.key("output_url")
            $0.optional(batch.hasOutput ? "/v1/batch/\(batch.id)/output" : nil)
            $0.key("error_file_url")
            $0.optional(batch.hasErrors ? "/v1/batch/\(batch.id)/errors" : nil)
            $0.key("error")
            $0.optional(batch.faults.first.map(sentence))
            $0.key("stats")
            $0.object {
                $0.key("total")
                $0.value(batch.total)
                $0.key("completed")
                $0.value(batch.counts.completed)
                $0.key("failed")
                $0.value(batch.counts.failed)
                $0.key("total_tokens")
                $0.value(batch.counts.tokens)
            }
        }
    }

    private static func sentence(_ fault: BatchFault) -> String {
        fault.line.map { "line \($0): \(fault.message)" } ?? fault.message
    }

    private static func time(_ seconds: Int) -> String { "\(Timestamp(seconds: seconds, milliseconds: 0))" }
}

extension BatchStatus {
    /// The word of Jina's API.
    fileprivate var jinaName: String {
        switch self {
        case .validating: "pending"
        case .inProgress, .finalizing, .cancelling: "processing"
        case .completed, .failed, .expired, .cancelled: rawValue
        }
    }
}
