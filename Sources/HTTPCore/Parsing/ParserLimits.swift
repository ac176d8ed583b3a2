/// How much of a request's framing the parser reads before it gives up.
struct ParserLimits: Sendable {
    /// Octets of the request-line with its CRLF.
    var requestLineBytes = 8192
    /// Octets of a field section with its CRLFs.
    var fieldSectionBytes = 32 * 1024
    /// Field lines of a section.
    var fieldCount = 100
    /// Octets of a method; the longest one registered has 17.
    var methodBytes = 32
    /// Octets of one chunk-size line, extensions included.
    var chunkLineBytes = 4096
    /// Octets of all chunk extensions of a body: nothing in them is of use to anyone here.
    var chunkExtensionBytes = 16 * 1024
}
