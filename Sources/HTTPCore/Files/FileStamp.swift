internal import Glibc

/// What changes when a file does: to be compared from time to time.
///
/// Looking is better than being told: inotify misses mounts that are exchanged, which is how container platforms
/// update files.
public struct FileStamp: Sendable, Equatable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    /// What of it is the same for the same contents on another mount: to be compared after a restart.
    public var contents: String { "\(size) octets, modified \(seconds).\(nanoseconds)" }

    /// Looks at a file, through symbolic links; `nil` if it is not there.
    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        size = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}
