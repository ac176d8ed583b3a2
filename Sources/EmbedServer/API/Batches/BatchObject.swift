import JSONCore

/// Writes a batch as OpenAI's API shows it.
enum BatchObject {
    static func encode(_ batch: Batch) -> [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        write(batch, to: &writer)
        return writer.bytes
    }

    static func write(_ batch: Batch, to writer: inout JSONWriter) {
        writer.object {
            $0.key("id")
            $0.value(batch.id)
            $0.key("object")
            $0.value("batch")
            $0.key("endpoint")
            $0.value(BatchLine.endpoint)
            $0.key("model")
            $0.optional(batch.model)
            $0.key("errors")
            write(batch.faults, to: &$0)
            $0.key("input_file_id")
            $0.value(batch.inputFileID)
            $0.key("completion_window")
            $0.value(batch.completionWindow)
            $0.key("status")
            $0.value(batch.status.rawValue)
            $0.key("output_file_id")
            $0.optional(batch.hasOutput ? batch.outputFileID : nil)
            $0.key("error_file_id")
            $0.optional(batch.hasErrors ? batch.errorFileID : nil)
            $0.key("created_at")
            $0.value(batch.createdAt)
            $0.key("expires_at")
            $0.value(batch.expiresAt)
            for status in BatchStatus.allCases where status != .validating {
                $0.key("\(status.rawValue)_at")
                $0.optional(batch.times[status])
            }
            $0.key("request_counts")
            $0.object {
                $0.key("total")
                $0.value(batch.total)
                $0.key("completed")
                $0.value(batch.counts.completed)
                $0.key("failed")
                $0.value(batch.counts.failed)
            }
            $0.key("metadata")
            $0.object {
                for (name, value) in batch.metadata.sorted(by: { $0.key < $1.key }) {
                    $0.key(name)
                    $0.value(value)
                }
            }
        }
    }

    private static func write(_ faults: [BatchFault], to writer: inout JSONWriter) {
        guard !faults.isEmpty else { return writer.null() }
        writer.object {
            $0.key("object")
            $0.value("list")
            $0.key("data")
            $0.array {
                for fault in faults {
                    $0.object {
                        $0.key("code")
                        $0.value(fault.code)
                        $0.key("message")
                        $0.value(fault.message)
                        $0.key("param")
                        $0.optional(fault.parameter)
                        $0.key("line")
                        $0.optional(fault.line)
                    }
                }
            }
        }
    }
}
