import HTTPTypes

@testable import HTTPCore

/// What the simulation needs of a connection: the state itself, or one with a planted fault.
protocol ConnectionUnderTest {
    var state: ConnectionState { get set }

    /// The next action.
    mutating func next() -> ConnectionState.Action?
    /// What is waited for.
    var wait: Deadlines.Kind? { get }
    /// Whether octets are wanted.
    var wantsInput: Bool { get }
    /// Tells what the transport has taken.
    mutating func sent(_ octets: Int, now: ContinuousClock.Instant)
    /// The time is over.
    mutating func timedOut(_ kind: Deadlines.Kind, acknowledged: Int, now: ContinuousClock.Instant)
}

/// The state as it is.
struct SoundConnection: ConnectionUnderTest {
    var state: ConnectionState

    mutating func next() -> ConnectionState.Action? { state.next() }

    var wait: Deadlines.Kind? { state.wait }

    var wantsInput: Bool { state.wantsInput }

    mutating func sent(_ octets: Int, now: ContinuousClock.Instant) {
        state.sent(octets, transportHolds: false, now: now)
    }

    mutating func timedOut(_ kind: Deadlines.Kind, acknowledged: Int, now: ContinuousClock.Instant) {
        state.timedOut(kind, acknowledged: acknowledged, now: now)
    }
}

/// A state with a fault.
struct FaultyConnection: ConnectionUnderTest {
    /// What is wrong with it.
    enum Fault: CaseIterable, Sendable {
        case forgetsTheWaitForBodies
        case forgetsTheWaitForReaders
        case startsHandlersTwice
        case startsHandlersOfRefusedRequests
        case leavesHandlersRunning
        case neverCloses
        case losesAnswers
        case losesRecords
        case sendsTwice
        case readsOnAfterTheEnd
        case ignoresStalledReaders
        case forgetsPieces

        /// The promise that it breaks.
        var breaks: ConnectionPromise {
            switch self {
            case .forgetsTheWaitForBodies, .forgetsTheWaitForReaders, .neverCloses: .waitsWithADeadline
            case .startsHandlersTwice, .startsHandlersOfRefusedRequests: .startsHandlersOnce
            case .leavesHandlersRunning: .leavesNoHandler
            case .ignoresStalledReaders, .forgetsPieces: .comesToAnEnd
            case .losesAnswers: .answersOnce
            case .losesRecords: .recordsOnce
            case .sendsTwice: .sendsWhatWasSaid
            case .readsOnAfterTheEnd: .isSilentAfterClose
            }
        }
    }

    var state: ConnectionState
    let fault: Fault
    private var held: ConnectionState.Action?

    init(_ state: ConnectionState, _ fault: Fault) {
        self.state = state
        self.fault = fault
    }

    mutating func next() -> ConnectionState.Action? {
        if let action = held {
            held = nil
            return action
        }
        guard let action = state.next() else { return nil }
        switch (fault, action) {
        case (.startsHandlersTwice, .handle): held = action
        case (.startsHandlersOfRefusedRequests, .respond(.response)): return .handle(body: [], trailers: [:])
        case (.leavesHandlersRunning, .abandonHandler), (.leavesHandlersRunning, .cancelHandler): return next()
        case (.neverCloses, .close): return next()
        case (.losesAnswers, .respond): return next()
        case (.losesRecords, .record): return next()
        case (.forgetsPieces, .makePiece): return next()
        default: break
        }
        return action
    }

    var wait: Deadlines.Kind? {
        switch (fault, state.wait) {
        case (.forgetsTheWaitForBodies, .body), (.forgetsTheWaitForReaders, .write): nil
        case (_, let wait): wait
        }
    }

    var wantsInput: Bool { fault == .readsOnAfterTheEnd && state.phase == .closed || state.wantsInput }

    mutating func sent(_ octets: Int, now: ContinuousClock.Instant) {
        // What was sent is left in the buffer, and sent again.
        state.sent(fault == .sendsTwice ? octets / 2 : octets, transportHolds: false, now: now)
    }

    mutating func timedOut(_ kind: Deadlines.Kind, acknowledged: Int, now: ContinuousClock.Instant) {
        if fault == .ignoresStalledReaders, kind == .write { return state.restartWait() }
        state.timedOut(kind, acknowledged: acknowledged, now: now)
    }
}

/// What a connection promises.
enum ConnectionPromise: Hashable, Sendable {
    /// Neither buffer holds more than its capacity, and the body no more than its limit.
    case keepsItsBounds
    /// Every request whose head was read gets one answer, in order, or the connection ends.
    case answersOnce
    /// Every answer that was begun is recorded, once.
    case recordsOnce
    /// A handler is started once for each request that was admitted, and for no other.
    case startsHandlersOnce
    /// No handler runs uncancelled when the connection is closed or its request has been answered.
    case leavesNoHandler
    /// Whenever it waits for the peer there is a deadline.
    case waitsWithADeadline
    /// What goes out is what was said, octet by octet.
    case sendsWhatWasSaid
    /// After the close nothing is wanted and nothing asked for.
    case isSilentAfterClose
    /// A peer that does nothing more is given up.
    case comesToAnEnd
}
