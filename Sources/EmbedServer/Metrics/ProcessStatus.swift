import Glibc

/// What the kernel says about this process; see proc(5).
struct ProcessStatus {
    /// Octets of memory that are in RAM.
    var residentBytes = 0
    /// Threads.
    var threads = 0
    /// Descriptors that are open.
    var openDescriptors = 0
    /// Descriptors that may be.
    var maximumDescriptors = 0
    /// CPU time so far, of all threads, in user and kernel mode.
    var cpuSeconds = 0.0

    /// Asks the kernel.
    static var now: ProcessStatus {
        var status = ProcessStatus()
        for line in lines(of: "/proc/self/status") {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, let number = Int(words[1]) else { continue }
            if words[0] == "VmRSS:" { status.residentBytes = number << 10 }
            if words[0] == "Threads:" { status.threads = number }
        }
        status.openDescriptors = count(ofDirectory: "/proc/self/fd")
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            status.maximumDescriptors = Int(clamping: limit.rlim_cur)
        }
        var time = timespec()
        if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
            status.cpuSeconds = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        return status
    }

    private static func lines(of path: String) -> [Substring] {
        guard let contents = try? InputFile.contents(path: path) else { return [] }
        return String(decoding: contents, as: UTF8.self).split(separator: "\n")
    }

    /// Entries without `.` and `..`, and without the descriptor that counting takes.
    private static func count(ofDirectory path: String) -> Int {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return max(0, count - 3)
    }
}
