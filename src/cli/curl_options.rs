//! Options of curl, and their effect on a request.

/// The effect of an option on the request that a scenario sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurlOption {
    /// The option does not change the request: output, connection, TLS, time.
    Ignored,
    /// The same, with a value.
    IgnoredValue,
    /// The option changes the request or the number of requests, in a way that a scenario does not have.
    Unsupported,
    /// The same, with a value.
    UnsupportedValue,
    /// Credentials without a value: `--digest`.
    Credential,
    /// Credentials with a value.
    CredentialValue,
    /// The value names a file whose content is sent, or holds further options.
    File,
    /// A part of a multipart body.
    Multipart,
    /// A second request.
    Next,
    /// `--request`
    Method,
    /// `--header`
    Header,
    /// `--data`, `--data-ascii`: `@` names a file.
    Data,
    /// `--data-binary`: `@` names a file.
    Binary,
    /// `--data-raw`: `@` is an ordinary character.
    Raw,
    /// `--data-urlencode`
    UrlEncode,
    /// `--json`
    Json,
    /// `--get`
    Get,
    /// `--head`
    Head,
    /// `--url`
    Url,
    /// `--url-query`
    UrlQuery,
    /// `--user-agent`
    UserAgent,
    /// `--referer`
    Referer,
    /// `--range`
    Range,
}

impl CurlOption {
    /// Returns true if a value follows the option.
    pub fn has_value(self) -> bool {
        !matches!(
            self,
            Self::Ignored | Self::Unsupported | Self::Credential | Self::Next | Self::Get | Self::Head
        )
    }

    /// Finds an option by its long name, without dashes.
    pub fn long(name: &str) -> Option<Self> {
        let named = OPTIONS.iter().find(|(names, _)| names.split(' ').any(|known| known == name));
        // Every switch can be negated, and then it has no effect.
        let negated = || name.strip_prefix("no-").and_then(Self::long).filter(|option| !option.has_value());
        named.map(|(_, option)| *option).or_else(|| negated().map(|_| Self::Ignored))
    }

    /// Finds an option by its letter. Also returns its long name.
    pub fn short(letter: char) -> Option<(&'static str, Self)> {
        let (_, long) = SHORT.iter().find(|(known, _)| *known == letter)?;
        Some((long, Self::long(long)?))
    }
}

/// Long names of options by their effect, as the manual of curl 8 lists them. Those of other protocols than HTTP are
/// left out: a command with one of them sends no request.
const OPTIONS: &[(&str, CurlOption)] = &[
    (
        "alpn basic cert-status clobber compressed create-dirs disable disallow-username-in-url \
         doh-cert-status doh-insecure fail fail-early fail-with-body false-start globoff http0.9 http1.0 http1.1 http2 \
         http2-prior-knowledge http3 http3-only ignore-content-length include insecure ipv4 ipv6 \
         junk-session-cookies keepalive npn buffer progress-meter sessionid no-clobber no-buffer no-keepalive no-alpn \
         parallel parallel-immediate progress-bar proxy-anyauth proxy-basic proxy-digest proxy-insecure \
         proxy-negotiate proxy-ntlm proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tlsv1 proxytunnel raw \
         remote-header-name remote-name remote-name-all remote-time remove-on-error \
         show-error show-headers silent socks5-basic socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast \
         ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output \
         suppress-connect-headers tcp-fastopen tcp-nodelay tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 trace-ids \
         trace-time verbose xattr ca-native skip-existing tls-earlydata mptcp",
        CurlOption::Ignored,
    ),
    (
        "abstract-unix-socket alt-svc cacert capath ciphers connect-timeout connect-to cookie-jar create-file-mode \
         crlfile curves delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url dump-header \
         egd-file engine etag-save expect100-timeout happy-eyeballs-timeout-ms hsts interface \
         keepalive-time keepalive-cnt libcurl limit-rate local-port max-filesize max-redirs max-time noproxy output \
         output-dir parallel-max pinnedpubkey preproxy proto proto-default proto-redir proxy proxy-cacert \
         proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key \
         proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype \
         proxy-tlspassword proxy-tlsuser proxy1.0 proxy-user random-file rate resolve retry-delay \
         retry-max-time service-name socks4 socks4a socks5 socks5-gssapi-service socks5-hostname speed-limit \
         speed-time stderr tls-max tls13-ciphers trace trace-ascii trace-config unix-socket write-out ip-tos \
         vlan-priority ech",
        CurlOption::IgnoredValue,
    ),
    (
        "location location-trusted follow post301 post302 post303 retry-all-errors retry-connrefused path-as-is \
         tr-encoding haproxy-protocol crlf use-ascii append form-escape",
        CurlOption::Unsupported,
    ),
    (
        "retry request-target time-cond continue-at etag-compare haproxy-clientip",
        CurlOption::UnsupportedValue,
    ),
    ("anyauth digest negotiate netrc netrc-optional ntlm ntlm-wb", CurlOption::Credential),
    (
        "user cookie oauth2-bearer aws-sigv4 cert cert-type key key-type pass netrc-file login-options tlsauthtype \
         tlspassword tlsuser",
        CurlOption::CredentialValue,
    ),
    ("upload-file config", CurlOption::File),
    ("form form-string", CurlOption::Multipart),
    ("next", CurlOption::Next),
    ("request", CurlOption::Method),
    ("header", CurlOption::Header),
    ("data data-ascii", CurlOption::Data),
    ("data-binary", CurlOption::Binary),
    ("data-raw", CurlOption::Raw),
    ("data-urlencode", CurlOption::UrlEncode),
    ("json", CurlOption::Json),
    ("get", CurlOption::Get),
    ("head", CurlOption::Head),
    ("url", CurlOption::Url),
    ("url-query", CurlOption::UrlQuery),
    ("user-agent", CurlOption::UserAgent),
    ("referer", CurlOption::Referer),
    ("range", CurlOption::Range),
];

/// Letters of options.
const SHORT: &[(char, &str)] = &[
    ('0', "http1.0"),
    ('1', "tlsv1"),
    ('2', "sslv2"),
    ('3', "sslv3"),
    ('4', "ipv4"),
    ('6', "ipv6"),
    ('#', "progress-bar"),
    (':', "next"),
    ('a', "append"),
    ('A', "user-agent"),
    ('b', "cookie"),
    ('B', "use-ascii"),
    ('c', "cookie-jar"),
    ('C', "continue-at"),
    ('d', "data"),
    ('D', "dump-header"),
    ('e', "referer"),
    ('E', "cert"),
    ('f', "fail"),
    ('F', "form"),
    ('g', "globoff"),
    ('G', "get"),
    ('H', "header"),
    ('i', "include"),
    ('I', "head"),
    ('j', "junk-session-cookies"),
    ('J', "remote-header-name"),
    ('k', "insecure"),
    ('K', "config"),
    ('L', "location"),
    ('m', "max-time"),
    ('n', "netrc"),
    ('N', "no-buffer"),
    ('o', "output"),
    ('O', "remote-name"),
    ('p', "proxytunnel"),
    ('q', "disable"),
    ('r', "range"),
    ('R', "remote-time"),
    ('s', "silent"),
    ('S', "show-error"),
    ('T', "upload-file"),
    ('u', "user"),
    ('U', "proxy-user"),
    ('v', "verbose"),
    ('w', "write-out"),
    ('x', "proxy"),
    ('X', "request"),
    ('y', "speed-time"),
    ('Y', "speed-limit"),
    ('z', "time-cond"),
    ('Z', "parallel"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_a_known_long_name() {
        for (letter, long) in SHORT {
            assert!(CurlOption::short(*letter).is_some(), "-{letter} --{long}");
        }
        assert_eq!(CurlOption::long("no-progress-meter"), Some(CurlOption::Ignored));
        assert_eq!(CurlOption::long("no-header"), None);
        assert_eq!(CurlOption::long("headers"), None);
    }

    #[test]
    fn no_option_stands_twice() {
        let mut names: Vec<&str> = OPTIONS.iter().flat_map(|(names, _)| names.split(' ')).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(!names.contains(&""));
    }
}
