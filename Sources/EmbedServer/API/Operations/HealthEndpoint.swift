import HTTPCore
import HTTPTypes
import JSONCore

/// The probes: whether the process lives, and whether it can embed.
struct HealthEndpoint: Sendable {
    /// What the probes report.
    let state: ServiceState

    /// `GET /livez`, `/live`: 503 after a failure that only a restart mends, else 200.
    func live(_ request: Request) -> Answer {
        let phase = state.phase
        if case .failed = phase { return answer(phase.name, status: .serviceUnavailable) }
        return answer("ok", status: .ok)
    }

    /// `GET /readyz`, `/ready`, `/health`: 200 while requests are served, 503 before and after.
    func ready(_ request: Request) -> Answer {
        let phase = state.phase
        if case .ready = phase { return answer(phase.name, status: .ok) }
        return answer(phase.name, status: .serviceUnavailable)
    }

    private func answer(_ word: String, status: HTTPResponse.Status) -> Answer {
        if word == "ok" { return Self.ok }
        return Self.answer(word, status: status)
    }

    /// The usual answer, made once: supervisors of many replicas ask often.
    private static let ok = answer("ok", status: .ok)

    private static func answer(_ word: String, status: HTTPResponse.Status) -> Answer {
        var writer = JSONWriter()
        writer.object {
            $0.key("status")
            $0.value(word)
        }
        return Answer(.json(writer.bytes, status: status))
    }
}
