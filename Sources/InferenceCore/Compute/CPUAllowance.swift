import CPlatform
import Glibc

/// How many compute threads this process may keep busy.
///
/// The smaller of the CPUs in its affinity mask (which a cpuset narrows) and its cgroup's CPU quota: more threads than
/// quota only get the process throttled.
public enum CPUAllowance {
    /// The number of threads to use, at least 1.
    public static let threads = max(1, min(Int(cplatform_affinity_count()), quota(root: "/sys/fs/cgroup") ?? .max))

    /// CPUs of quota, rounded up, from cgroup v2 (`cpu.max`, every level up to the root counts) or v1; `nil`: no quota.
    static func quota(root: String, membership: String = "/proc/self/cgroup") -> Int? {
        var smallest: Int?
        func consider(quota: Int?, period: Int?) {
            guard let quota, let period, quota > 0, period > 0 else { return }
            smallest = min(smallest ?? .max, max(1, (quota + period - 1) / period))
        }
        for line in readSmallFile(membership).split(separator: "\n") {
            // hierarchy-ID:controller-list:cgroup-path (cgroups(7))
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isVersion2 = fields[0] == "0" && fields[1].isEmpty
            guard isVersion2 || fields[1].split(separator: ",").contains("cpu") else { continue }
            var path = String(fields[2])
            while true {
                let folder = root + (isVersion2 ? "" : "/cpu") + (path == "/" ? "" : path)
                if isVersion2 {
                    let words = readSmallFile(folder + "/cpu.max").split(whereSeparator: \.isWhitespace)
                    if words.count == 2 { consider(quota: Int(words[0]), period: Int(words[1])) }
                } else {
                    consider(quota: number(folder + "/cpu.cfs_quota_us"), period: number(folder + "/cpu.cfs_period_us"))
                }
                guard let slash = path.lastIndex(of: "/"), path != "/" else { break }
                path = slash == path.startIndex ? "/" : String(path[..<slash])
            }
        }
        return smallest
    }

    private static func number(_ path: String) -> Int? {
        Int(readSmallFile(path).split(whereSeparator: \.isWhitespace).first ?? "")
    }

    /// The text of a file of the kernel's, at most 64 kB; empty if it cannot be read.
    private static func readSmallFile(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}
