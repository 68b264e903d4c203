//! Requests of curl command lines.

/// The request that a curl command line sends.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CurlRequest {
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// Headers except those that carry credentials.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
    /// True if the body is JSON by its content type.
    pub json: bool,
    /// True if there were credentials.
    pub credentials: bool,
    /// Options without an equivalent in a scenario.
    pub ignored: Vec<String>,
}

/// Reason why a curl command line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CurlError {
    /// A quote is never closed.
    #[error("a quote in the command line is never closed")]
    Quote,
    /// An option without its value.
    #[error("{0} requires a value")]
    Value(String),
    /// No URL, or one that is not valid.
    #[error("the command line has no URL")]
    Url,
}

/// Options that control how curl sends the request, not its contents.
const SILENT: &[&str] = &[
    "-s",
    "--silent",
    "-S",
    "--show-error",
    "-i",
    "--include",
    "-v",
    "--verbose",
    "-k",
    "--insecure",
    "-L",
    "--location",
    "--compressed",
    "-f",
    "--fail",
    "-g",
    "--globoff",
    "--http1.1",
    "--http2",
];

/// Options with a value that control how curl sends the request, not its contents.
const SILENT_VALUES: &[&str] = &[
    "-o",
    "--output",
    "-w",
    "--write-out",
    "-m",
    "--max-time",
    "--connect-timeout",
    "--retry",
    "--cacert",
    "-x",
    "--proxy",
];

impl CurlRequest {
    /// Parses a command line as a shell would.
    ///
    /// # Errors
    /// When a quote is not closed, an option has no value, or there is no valid URL.
    pub fn parse(line: &str) -> Result<Self, CurlError> {
        let line = line.replace("\\\r\n", " ").replace("\\\n", " ");
        let words = shlex::split(&line).ok_or(CurlError::Quote)?;
        let mut words = words.into_iter().skip_while(|word| word == "curl" || word == "$");
        let mut request = Self::default();
        let mut method = None;
        let (mut url, mut as_query) = (None, false);
        while let Some(word) = words.next() {
            let (option, glued) = split_option(&word);
            let mut value = || glued.clone().or_else(|| words.next()).ok_or(CurlError::Value(option.clone()));
            match option.as_str() {
                "-X" | "--request" => method = Some(value()?),
                "-H" | "--header" => request.header(&value()?),
                "-d" | "--data" | "--data-raw" | "--data-ascii" | "--data-binary" => request.data(&value()?),
                "--json" => {
                    request.data(&value()?);
                    request.json = true;
                }
                "-u" | "--user" | "-b" | "--cookie" | "--oauth2-bearer" => {
                    value()?;
                    request.credentials = true;
                }
                "-G" | "--get" => as_query = true,
                "-I" | "--head" => method = Some("HEAD".to_owned()),
                "-A" | "--user-agent" => request.headers.push(("User-Agent".to_owned(), value()?)),
                "--url" => url = Some(value()?),
                silent if SILENT.contains(&silent) => {}
                silent if SILENT_VALUES.contains(&silent) => drop(value()?),
                other if other.starts_with('-') && other.len() > 1 => request.ignored.push(other.to_owned()),
                _ => url = Some(word),
            }
        }
        request.address(&url.ok_or(CurlError::Url)?)?;
        if as_query && let Some(body) = request.body.take() {
            request.query.extend(url::form_urlencoded::parse(body.as_bytes()).into_owned());
        }
        let default = if request.body.is_some() { "POST" } else { "GET" };
        request.method = method.unwrap_or_else(|| default.to_owned());
        Ok(request)
    }

    fn header(&mut self, text: &str) {
        let (name, value) = text.split_once(':').unwrap_or((text, ""));
        let (name, value) = (name.trim(), value.trim());
        let lower = name.to_ascii_lowercase();
        if ["authorization", "cookie", "x-api-key", "api-key"].contains(&lower.as_str()) {
            self.credentials = true;
        } else if lower == "content-type" && value.to_ascii_lowercase().contains("json") {
            // `json` in a scenario sends this header by itself.
            self.json = true;
        } else {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Adds a body. Several bodies are joined as forms are.
    fn data(&mut self, data: &str) {
        match &mut self.body {
            Some(body) => {
                body.push('&');
                body.push_str(data);
            }
            None => self.body = Some(data.to_owned()),
        }
    }

    fn address(&mut self, text: &str) -> Result<(), CurlError> {
        // curl uses HTTP for a URL without a scheme.
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = url::Url::parse(&text).map_err(|_| CurlError::Url)?;
        self.credentials |= !url.username().is_empty();
        self.path = url.path().to_owned();
        self.query.extend(url.query_pairs().into_owned());
        Ok(())
    }
}

/// Splits an option from its value, if both are in the same word: `--name=value` and `-Xvalue`.
fn split_option(word: &str) -> (String, Option<String>) {
    if let Some((name, value)) = word.split_once('=').filter(|_| word.starts_with("--")) {
        return (name.to_owned(), Some(value.to_owned()));
    }
    let is_short = word.starts_with('-') && !word.starts_with("--");
    match word.char_indices().nth(2) {
        Some((at, _)) if is_short && ["-X", "-H", "-d", "-u", "-b", "-o", "-m"].contains(&&word[..at]) => {
            (word[..at].to_owned(), Some(word[at..].to_owned()))
        }
        _ => (word.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_copy_is_read() {
        let line = "curl 'https://api.example.com/v1/things?page=2&q=a%20b' \\\n  -X POST \\\n  -H 'Authorization: Bearer abc' \\\n  -H 'content-type: application/json' -H 'X-Trace: 7' \\\n  --data-raw '{\"name\":\"it'\\''s\"}' --compressed --http3";
        let request = CurlRequest::parse(line).unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/things"));
        assert_eq!(request.query, [("page".into(), "2".into()), ("q".into(), "a b".into())]);
        assert_eq!(request.headers, [("X-Trace".to_owned(), "7".to_owned())]);
        assert_eq!(request.body.as_deref(), Some("{\"name\":\"it's\"}"));
        assert!(request.json && request.credentials);
        assert_eq!(request.ignored, ["--http3"]);
    }

    #[test]
    fn methods_follow_from_what_is_sent() {
        let parse = |line: &str| CurlRequest::parse(line).unwrap();
        assert_eq!(parse("curl localhost:8080/x").method, "GET");
        assert_eq!(parse("curl localhost:8080/x -da=1 -d b=2").body.as_deref(), Some("a=1&b=2"));
        assert_eq!(parse("curl localhost:8080/x -d a=1").method, "POST");
        let get = parse("curl -G -d a=1 --url=http://h/x");
        assert_eq!((get.method.as_str(), get.body.as_deref()), ("GET", None));
        assert_eq!(get.query, [("a".to_owned(), "1".to_owned())]);
        assert_eq!(parse("curl -I http://h").method, "HEAD");
    }

    #[test]
    fn what_is_no_command_line_is_an_error() {
        assert_eq!(CurlRequest::parse("curl 'http://h"), Err(CurlError::Quote));
        assert_eq!(CurlRequest::parse("curl -X"), Err(CurlError::Value("-X".to_owned())));
        assert_eq!(CurlRequest::parse("curl -s"), Err(CurlError::Url));
        assert_eq!(CurlRequest::parse(""), Err(CurlError::Url));
    }
}
