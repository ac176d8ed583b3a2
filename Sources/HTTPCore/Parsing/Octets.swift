/// The octet classes of RFC 9110 section 5.6 and RFC 3986, one table look-up each.
extension UInt8 {
    static let carriageReturn: UInt8 = 0x0D
    static let lineFeed: UInt8 = 0x0A
    static let space: UInt8 = 0x20
    static let horizontalTab: UInt8 = 0x09
    static let colon: UInt8 = 0x3A
    static let comma: UInt8 = 0x2C
    static let semicolon: UInt8 = 0x3B
    static let equalsSign: UInt8 = 0x3D
    static let doubleQuote: UInt8 = 0x22
    static let backslash: UInt8 = 0x5C
    static let percent: UInt8 = 0x25
    static let slash: UInt8 = 0x2F
    static let questionMark: UInt8 = 0x3F
    static let asterisk: UInt8 = 0x2A

    /// token = 1*tchar (RFC 9110 section 5.6.2).
    @inline(__always) var isTokenOctet: Bool { OctetClass.table[Int(self)] & OctetClass.token != 0 }

    /// What may stand in a field value: VCHAR, obs-text, SP and HTAB (RFC 9110 section 5.5).
    @inline(__always) var isFieldValueOctet: Bool { OctetClass.table[Int(self)] & OctetClass.fieldValue != 0 }

    /// unreserved / sub-delims (RFC 3986 section 2): the octets of a reg-name, less percent-encoding.
    @inline(__always) var isNameOctet: Bool { OctetClass.table[Int(self)] & OctetClass.name != 0 }

    /// pchar / "/" / "?" less percent-encoding (RFC 3986 section 3.3 and 3.4).
    @inline(__always) var isPathOrQueryOctet: Bool { OctetClass.table[Int(self)] & OctetClass.pathOrQuery != 0 }

    /// DIGIT.
    @inline(__always) var isDigit: Bool { self >= 0x30 && self <= 0x39 }

    /// ALPHA.
    @inline(__always) var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }

    /// SP / HTAB, the octets of OWS and BWS.
    @inline(__always) var isBlank: Bool { self == .space || self == .horizontalTab }

    /// ALPHA in lower case, all else as it is.
    @inline(__always) var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }

    /// The value of a HEXDIG in either case, or nil.
    @inline(__always) var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }
}

/// Which octet belongs to which class, a bit each.
private enum OctetClass {
    static let token: UInt8 = 1
    static let fieldValue: UInt8 = 2
    static let name: UInt8 = 4
    static let pathOrQuery: UInt8 = 8

    static let table: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 256)
        func mark(_ octets: some Sequence<UInt8>, _ bit: UInt8) {
            for octet in octets { table[Int(octet)] |= bit }
        }
        let digits: ClosedRange<UInt8> = 0x30...0x39
        let letters = Array(0x41...0x5A) + Array(0x61...0x7A) as [UInt8]
        let alphanumerics = Array(digits) + letters
        mark(alphanumerics, token | name | pathOrQuery)
        mark("!#$%&'*+-.^_`|~".utf8, token)
        mark(0x21...0x7E, fieldValue)
        mark(0x80...0xFF, fieldValue)
        mark([.space, .horizontalTab], fieldValue)
        mark("-._~".utf8, name | pathOrQuery)
        mark("!$&'()*+,;=".utf8, name | pathOrQuery)
        mark(":@/?".utf8, pathOrQuery)
        return table
    }()
}
