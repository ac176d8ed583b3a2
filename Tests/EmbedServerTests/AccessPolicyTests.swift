import HTTPTypes
import Testing

@testable import EmbedServer

@Suite("Names of the server, and pages that may ask it")
struct AccessPolicyTests {
    @Test(
        "without keys, a server of this machine goes by local names",
        arguments: [
            ("localhost", true), ("localhost:8080", true), ("LocalHost", true), ("localhost.", true),
            ("localhost.:80", true), ("localhost:", true), ("127.0.0.1", true), ("127.0.0.1:1", true),
            ("127.255.3.4:8080", true), ("[::1]", true), ("[::1]:8080", true), ("[0:0:0:0:0:0:0:1]", true),
            ("", false), (":8080", false), (".", false), ("localhost..", false), ("evil.example", false),
            ("localhost.evil.example", false), ("127.0.0.1.evil.example", false), ("evil.localhost", false),
            ("128.0.0.1", false), ("0.0.0.0", false), ("127.1", false), ("2130706433", false), ("[::2]", false),
            ("[::ffff:127.0.0.1]", false), ("::1", false), ("%6cocalhost", false), ("[::1", false),
            ("local host", false),
        ]
    )
    func local(authority: String, isAllowed: Bool) {
        for host in ["127.0.0.1", "localhost", "::1", "127.8.8.8"] {
            let policy = HostPolicy(listeningOn: host, allowedHosts: [], isLocked: false)
            #expect(policy.allows(authority) == isAllowed, "\(host)")
            #expect(policy.allows(nil))
        }
    }

    @Test(
        "names of other machines pass, unless the operator lists the names of this one",
        arguments: [
            ("127.0.0.1", true, [], "evil.example", true), ("0.0.0.0", false, [], "evil.example", true),
            ("::", false, [], "", true), ("127.evil.example", false, [], "other.example", true),
            ("127.0.0.1", false, ["Embed.Example"], "embed.example:443", true),
            ("127.0.0.1", false, ["embed.example."], "EMBED.example", true),
            ("127.0.0.1", false, ["embed.example"], "x.embed.example", false),
            ("127.0.0.1", false, ["*"], "evil.example", true), ("127.0.0.1", false, ["a", "*"], "", true),
            ("0.0.0.0", true, ["embed.example"], "evil.example", false),
            ("0.0.0.0", true, ["embed.example"], "embed.example", true),
            ("0.0.0.0", true, ["embed.example"], "", false),
            ("0.0.0.0", true, ["embed.example"], "localhost:8080", true),
            ("::", false, ["2001:DB8::1"], "[2001:db8:0::1]:80", true),
            ("::", false, ["[2001:db8::1]"], "[2001:db8::1]", true),
            ("10.0.0.7", true, ["a"], "10.0.0.7:8080", true), ("10.0.0.7", true, ["a"], "10.0.0.8:8080", false),
        ] as [(String, Bool, [String], String, Bool)]
    )
    func listed(host: String, isLocked: Bool, allowed: [String], authority: String, isAllowed: Bool) {
        let policy = HostPolicy(listeningOn: host, allowedHosts: allowed, isLocked: isLocked)
        #expect(policy.allows(authority) == isAllowed)
    }

    @Test(
        "the setting is hosts without ports",
        arguments: [
            ("a.example,10.0.0.1,[::1],::1,*", true), ("a_b", true), ("a.example:80", false), ("http://a", false),
            ("*.a", false), ("a b", false),
        ]
    )
    func setting(text: String, isValid: Bool) {
        var loader = SettingsLoader()
        let names = ["EMBED_SERVER_ALLOWED_HOSTS": text]
        if isValid {
            #expect(throws: Never.self) { try loader.apply(environment: names) }
            #expect(loader.settings.server.allowedHosts == text.split(separator: ",").map(String.init))
        } else {
            #expect(throws: SettingsError.self) { try loader.apply(environment: names) }
        }
    }

    @Test(
        "a page may ask if it comes from here or from an origin that is allowed",
        arguments: [
            (nil, nil, "a:8080", true), (nil, "none", "a:8080", true), (nil, "same-origin", "a:8080", true),
            (nil, "cross-site", "a:8080", false), (nil, "same-site", "a:8080", false),
            // A value of a later standard is ignored.
            (nil, "same-planet", "a:8080", true), ("http://b", "same-planet", "a:8080", false),
            ("http://a:8080", nil, "a:8080", true), ("http://A:8080", nil, "a.:8080", true),
            ("https://a:8080", nil, "a:8080", true), ("http://a", nil, "a:8080", false),
            ("http://a", nil, "a", true), ("http://a", nil, "a:80", true), ("https://a", nil, "a", true),
            ("https://a", nil, "a:443", true), ("https://a", nil, "a:80", false),
            ("http://a:8081", nil, "a:8080", false),
            ("http://[::1]:80", nil, "[::1]", true), ("http://b", nil, "a", false), ("null", nil, "a", false),
            ("", nil, "a", false), ("http://a, http://b", nil, "a", false), ("http://a/", nil, "a", false),
            ("ftp://a", nil, "a", false), ("http://a", nil, nil, false), ("http://", nil, "", false),
            ("http://a.evil.example", nil, "a", false), ("chrome-extension://abc", nil, "a", false),
            // A proxy has changed Host: the browser knows better.
            ("https://public.example", "same-origin", "10.0.0.1:8080", true),
            ("https://app.example", "cross-site", "a", true), ("https://app.example", nil, "a", true),
            ("https://app.example:443", nil, "a", false), ("http://a", "cross-site", "a", false),
        ] as [(String?, String?, String?, Bool)]
    )
    func pages(origin: String?, site: String?, authority: String?, isAllowed: Bool) {
        var fields = HTTPFields()
        fields[.origin] = origin
        fields[.secFetchSite] = site
        let policy = OriginPolicy(allowedOrigins: ["https://app.example"])
        #expect(policy.allows(fields, authority: authority) == isAllowed)
        #expect(OriginPolicy(allowedOrigins: ["*"]).allows(fields, authority: authority))
    }
}
