//! Reason phrases of HTTP statuses.

/// The phrases of each status of RFC 9110 and of the IANA registry. The first is the registered one; the others are
/// those of older RFCs, which servers and pages still use.
const PHRASES: &[(u16, &[&str])] = &[
    (200, &["OK"]),
    (201, &["Created"]),
    (202, &["Accepted"]),
    (203, &["Non-Authoritative Information"]),
    (204, &["No Content"]),
    (205, &["Reset Content"]),
    (206, &["Partial Content"]),
    (207, &["Multi-Status"]),
    (300, &["Multiple Choices"]),
    (301, &["Moved Permanently"]),
    (302, &["Found"]),
    (303, &["See Other"]),
    (304, &["Not Modified"]),
    (307, &["Temporary Redirect"]),
    (308, &["Permanent Redirect"]),
    (400, &["Bad Request"]),
    (401, &["Unauthorized"]),
    (402, &["Payment Required"]),
    (403, &["Forbidden"]),
    (404, &["Not Found"]),
    (405, &["Method Not Allowed"]),
    (406, &["Not Acceptable"]),
    (407, &["Proxy Authentication Required"]),
    (408, &["Request Timeout", "Request Time-out"]),
    (409, &["Conflict"]),
    (410, &["Gone"]),
    (411, &["Length Required"]),
    (412, &["Precondition Failed"]),
    (413, &["Content Too Large", "Payload Too Large", "Request Entity Too Large"]),
    (414, &["URI Too Long", "Request-URI Too Long", "Request-URI Too Large"]),
    (415, &["Unsupported Media Type"]),
    (416, &["Range Not Satisfiable", "Requested Range Not Satisfiable"]),
    (417, &["Expectation Failed"]),
    (418, &["I'm a teapot"]),
    (421, &["Misdirected Request"]),
    (422, &["Unprocessable Content", "Unprocessable Entity"]),
    (423, &["Locked"]),
    (424, &["Failed Dependency"]),
    (425, &["Too Early"]),
    (426, &["Upgrade Required"]),
    (428, &["Precondition Required"]),
    (429, &["Too Many Requests"]),
    (431, &["Request Header Fields Too Large"]),
    (451, &["Unavailable For Legal Reasons"]),
    (500, &["Internal Server Error"]),
    (501, &["Not Implemented"]),
    (502, &["Bad Gateway"]),
    (503, &["Service Unavailable"]),
    (504, &["Gateway Timeout", "Gateway Time-out"]),
    (505, &["HTTP Version Not Supported"]),
    (506, &["Variant Also Negotiates"]),
    (507, &["Insufficient Storage"]),
    (508, &["Loop Detected"]),
    (511, &["Network Authentication Required"]),
];

/// Returns the phrases of a status, the registered one first. Empty for a status that is not registered.
pub fn phrases(status: u16) -> &'static [&'static str] {
    PHRASES.binary_search_by_key(&status, |(known, _)| *known).map_or(&[], |index| PHRASES[index].1)
}

/// Returns the registered phrase of a status.
pub fn phrase(status: u16) -> Option<&'static str> {
    phrases(status).first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_for_every_registered_status() {
        assert!(PHRASES.is_sorted_by(|(one, _), (next, _)| one < next));
        assert_eq!(phrase(422), Some("Unprocessable Content"));
        assert_eq!(phrases(504), ["Gateway Timeout", "Gateway Time-out"]);
        assert_eq!(phrase(499), None);
    }
}
