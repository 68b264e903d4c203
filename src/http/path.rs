//! Whether a path goes out as it was written.

use url::Url;

/// Whether `path` survives URL parsing byte for byte.
///
/// The WHATWG URL Standard, which [`url`] implements, removes dot segments in all their spellings (`..`,
/// `.%2E`), turns `\` into `/`, drops tabs and line breaks, trims blanks at the end, and percent-encodes
/// blanks, quotes, braces and everything beyond ASCII. Such a path would silently become another request.
///
/// `path` is the final path: it begins with `/`, has no query, and its placeholders are filled in (a
/// reader that checks a path with placeholders puts a plain name in their place first).
pub fn path_is_kept(path: &str) -> bool {
    // A path of two slashes at the front is a path here, because the authority stands before it.
    path.starts_with('/')
        && Url::parse(&format!("http://localhost{path}"))
            .is_ok_and(|url| url.path() == path && url.query().is_none() && url.fragment().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_are_kept() {
        for path in [
            "/",
            "//",
            "/a/",
            "//a//b",
            "/api/v1/namespaces/default/configmaps/cm-1",
            "/a%2Fb",
            "/a%2fb",
            "/%00",
            "/%",
            "/%zz",
            "/a;b=c,d:e@f!$&'()*+",
            "/~user/.hidden/..x/x..",
            "/...",
            "/%252e%252e/",
            "/a|b^c[d]",
        ] {
            assert!(path_is_kept(path), "{path:?}");
        }
    }

    #[test]
    fn rewritten_paths_are_found() {
        for path in [
            "",
            "a",
            "*",
            "/.",
            "/..",
            "/a/../b",
            "/a/./b",
            "/a/%2e%2e/b",
            "/a/.%2E/b",
            "/a/%2e/b",
            "/a\\b",
            "/a\tb",
            "/a\nb",
            "/a\r\nb",
            "/a ",
            "/a b",
            "/a\"b",
            "/<a>",
            "/{a}",
            "/${a}",
            "/é",
            "/a?b",
            "/a?",
            "/a#b",
            "/a#",
            "/\0",
            "/\u{7f}",
        ] {
            assert!(!path_is_kept(path), "{path:?}");
        }
    }

    #[test]
    fn what_is_kept_is_what_a_url_says() {
        // Every pair of characters that mean something to a URL parser, between two segments.
        let special = "/.%2eE\\?#;:@ \t\n\"<>`{}|^[]~a\u{e9}";
        for first in special.chars() {
            for second in special.chars() {
                for path in [format!("/x/{first}{second}/y"), format!("/{first}{second}")] {
                    let sent = Url::parse(&format!("http://h{path}"))
                        .map(|url| url.as_str().strip_prefix("http://h").map(str::to_owned));
                    let same = sent.is_ok_and(|sent| sent.as_deref() == Some(path.as_str()));
                    let has_query = path.contains(['?', '#']);
                    assert_eq!(path_is_kept(&path), same && !has_query, "{path:?}");
                }
            }
        }
    }
}
