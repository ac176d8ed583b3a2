import JSONCore

/// Reads the body of a request that is a JSON object.
enum JSONBody {
    static func object(_ body: [UInt8]) throws(APIError) -> JSONObject {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(body, maximumValues: RequestFields.maximumValues)
        } catch {
            let message = "The body is not valid JSON: \(error)."
            switch error.kind {
            case .invalidUTF8: throw .invalidUTF8(message)
            case .tooManyValues: throw .tooManyValues(limit: RequestFields.maximumValues)
            case .syntax, .tooDeep: throw .invalid(nil, type: "json_invalid", message)
            }
        }
        guard case .object(let object) = document else {
            throw .invalid(nil, type: "model_attributes_type", "The body should be a JSON object.")
        }
        return object
    }
}
