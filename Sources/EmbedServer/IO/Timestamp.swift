import Glibc

/// A moment in UTC, written as RFC 3339 with milliseconds: `2026-11-23T17:00:00.123Z`.
struct Timestamp: CustomStringConvertible {
    /// Seconds since 1970.
    let seconds: Int
    /// Milliseconds of the second.
    let milliseconds: Int

    /// The moment of the call.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    var description: String {
        var seconds = time_t(self.seconds)
        var date = tm()
        gmtime_r(&seconds, &date)
        let day = "\(1900 + Int(date.tm_year))-\(padded(Int(date.tm_mon) + 1, 2))-\(padded(Int(date.tm_mday), 2))"
        let clock = [date.tm_hour, date.tm_min, date.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
        return "\(day)T\(clock).\(padded(milliseconds, 3))Z"
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
