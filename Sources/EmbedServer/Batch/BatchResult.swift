import HTTPCore
import HTTPTypes
import JSONCore

/// Writes one line of a batch's output or errors.
enum BatchResult {
    /// The answer of the endpoint: `{"id", "custom_id", "response": {"status_code", "request_id", "body"}, "error": null}`.
    static func line(_ response: Response, to customID: String, id: RequestID) throws(BodyError) -> [UInt8] {
        var line = start(customID, id: id)
        line += #""response":{"status_code":\#(response.status.code),"request_id":"\#(id)","body":"#.utf8
        line += try response.content()
        line += "},\"error\":null}\n".utf8
        return line
    }

    /// What a request gets that was not tried.
    static func line(code: String, message: String, to customID: String, id: RequestID) -> [UInt8] {
        var line = start(customID, id: id)
        line += #""response":null,"error":{"code":"\#(code)","message":"\#(message)"}}"#.utf8
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private static func start(_ customID: String, id: RequestID) -> [UInt8] {
        var name = JSONWriter(capacity: customID.utf8.count + 2)
        name.value(customID)
        return Array(#"{"id":"batch_req_\#(id)","custom_id":"#.utf8) + name.bytes + [UInt8(ascii: ",")]
    }
}
