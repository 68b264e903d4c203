//! Requests of curl command lines.

use serde_json::Value;

use super::{
    curl_options::CurlOption,
    shell_words::{self, ShellError},
};

/// The request that a curl command line sends.
#[derive(Debug, Default, PartialEq)]
pub struct CurlRequest {
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// Headers except those that carry credentials. Without a value: a header that curl adds and that is removed.
    pub headers: Vec<(String, Option<String>)>,
    /// The body.
    pub body: Option<CurlBody>,
    /// True if there were credentials.
    pub credentials: bool,
    /// Parts that are not in the scenario, or are not what was perhaps meant.
    pub notices: Vec<CurlNotice>,
}

/// The body that a curl command line sends.
#[derive(Debug, Clone, PartialEq)]
pub enum CurlBody {
    /// JSON, by its content type.
    Json(Value),
    /// A form without repeated fields, by its content type.
    Form(Vec<(String, String)>),
    /// Any other text.
    Text(String),
}

/// A difference between a command line and the scenario that is made of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CurlNotice {
    /// An option without an equivalent.
    #[error("{0} has no equivalent in a scenario and is left out")]
    Option(String),
    /// A header that the connection decides.
    #[error("the header {0} is left out: it is set for each request")]
    Header(String),
    /// Headers that a browser adds to every request.
    #[error("the headers of the browser are left out: {0}")]
    BrowserHeaders(String),
    /// Credentials, by the option, header or parameter that carries them.
    #[error("the credentials of {0} are left out: they belong to a role of the target")]
    Credentials(String),
    /// A value that only the shell knows.
    #[error("{0} is a text in the scenario: the shell would replace it")]
    Expansion(String),
    /// Text after the command.
    #[error("`{0}` is left out: only the first command is read")]
    Rest(String),
    /// JSON that is sent as a form.
    #[error(
        "the body looks like JSON, but curl sends it as {0}: add -H 'Content-Type: application/json' or --json"
    )]
    NotJson(String),
    /// A body that its content type calls JSON.
    #[error("the body is called JSON but is not: it is sent as text")]
    BadJson,
    /// The beginning of the path that the URL of the target has.
    #[error("{0} of the path is left out: it belongs to the URL of the target")]
    BasePath(String),
    /// A query parameter without `=`.
    #[error("the query parameter {0} gets an empty value: it is sent as {0}=")]
    NoValue(String),
}

/// Reason why a curl command line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CurlError {
    /// The line cannot be split into words.
    #[error(transparent)]
    Shell(#[from] ShellError),
    /// Another program.
    #[error("`{0}` is not a curl command line: it must begin with curl")]
    NotCurl(String),
    /// An option without its value.
    #[error("{0} requires a value")]
    Value(String),
    /// An option that curl does not have, or not for HTTP.
    #[error("curl has no option {0} for HTTP")]
    Unknown(String),
    /// A file that is not read.
    #[error("{0} reads the file {1}, which is not read: write its content into the command line")]
    File(String, String),
    /// A multipart body.
    #[error("{0} sends multipart/form-data, which a scenario cannot send")]
    Multipart(String),
    /// Several requests.
    #[error("the command line sends several requests ({0}): give one")]
    Several(String),
    /// No URL.
    #[error("the command line has no URL")]
    Url,
    /// A URL that is not valid, or of another protocol.
    #[error("{0} is not an HTTP URL")]
    NotHttp(String),
    /// A header of which only curl could make sense.
    #[error("the header {0:?} is not of the form `Name: value`")]
    Header(String),
}

/// Headers that carry credentials, besides those whose names say so.
const CREDENTIAL_HEADERS: &[&str] =
    &["authorization", "cookie", "proxy-authorization", "x-api-key", "api-key", "apikey", "x-apikey"];

/// Query parameters that carry credentials.
const CREDENTIAL_PARAMETERS: &[&str] =
    &["access_token", "api_key", "apikey", "api-key", "token", "key", "password", "secret", "client_secret"];

/// Headers that follow from the target and the body.
const CONNECTION_HEADERS: &[&str] =
    &["host", "content-length", "transfer-encoding", "connection", "te", "expect"];

/// Headers that a browser adds to every request, besides those with `sec-`. `Accept`, `Origin` and conditions may matter.
const BROWSER_HEADERS: &[&str] = &[
    "user-agent",
    "accept-language",
    "accept-encoding",
    "referer",
    "dnt",
    "priority",
    "pragma",
    "cache-control",
    "upgrade-insecure-requests",
];

const FORM: &str = "application/x-www-form-urlencoded";

/// The parts of a command line that are put together at its end.
#[derive(Default)]
struct Parts {
    method: Option<String>,
    url: Option<String>,
    data: Option<String>,
    query: Vec<String>,
    content_type: Option<String>,
    is_json: bool,
    as_query: bool,
}

impl CurlRequest {
    /// Parses a command line as bash and curl would.
    ///
    /// # Errors
    /// When it is not one curl command for one HTTP request, or sends what a scenario cannot send.
    pub fn parse(line: &str) -> Result<Self, CurlError> {
        let shell = shell_words::split(line)?;
        let mut words = shell.words.into_iter().skip_while(|word| word == "$").peekable();
        let program = words.next().unwrap_or_default();
        let file = program.rsplit(['/', '\\']).next().unwrap_or_default();
        if file != "curl" && file != "curl.exe" {
            return Err(CurlError::NotCurl(program));
        }
        let (mut request, mut parts) = (Self::default(), Parts::default());
        let mut options_end = false;
        while let Some(word) = words.next() {
            if options_end || !word.starts_with('-') || word.len() == 1 {
                parts.url(word)?;
            } else if word == "--" {
                options_end = true;
            } else if let Some(long) = word.strip_prefix("--") {
                let (name, glued) =
                    long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value.to_owned())));
                let shown = format!("--{name}");
                let option = CurlOption::long(name).ok_or_else(|| CurlError::Unknown(shown.clone()))?;
                let value = if option.has_value() { glued.or_else(|| words.next()) } else { None };
                request.option(&mut parts, option, shown, value)?;
            } else {
                let mut letters = word[1..].chars();
                while let Some(letter) = letters.next() {
                    let shown = format!("-{letter}");
                    let (_, option) =
                        CurlOption::short(letter).ok_or_else(|| CurlError::Unknown(shown.clone()))?;
                    let rest = letters.as_str().to_owned();
                    let value = match rest.as_str() {
                        _ if !option.has_value() => None,
                        "" => words.next(),
                        glued => Some(glued.to_owned()),
                    };
                    request.option(&mut parts, option, shown, value)?;
                    if option.has_value() {
                        break;
                    }
                }
            }
        }
        request.notices.extend(shell.expansions.into_iter().map(CurlNotice::Expansion));
        request.notices.extend(shell.rest.map(CurlNotice::Rest));
        request.put_together(parts)?;
        Ok(request)
    }

    fn option(
        &mut self,
        parts: &mut Parts,
        option: CurlOption,
        shown: String,
        value: Option<String>,
    ) -> Result<(), CurlError> {
        let value = match value {
            Some(value) => value,
            None if option.has_value() => return Err(CurlError::Value(shown)),
            None => String::new(),
        };
        let no_file = |at: Option<&str>| match at {
            Some(file) => Err(CurlError::File(shown.clone(), file.to_owned())),
            None => Ok(()),
        };
        match option {
            CurlOption::Ignored | CurlOption::IgnoredValue => {}
            CurlOption::Unsupported | CurlOption::UnsupportedValue => {
                self.notices.push(CurlNotice::Option(shown));
            }
            CurlOption::Credential | CurlOption::CredentialValue => self.credential(shown),
            CurlOption::File => return Err(CurlError::File(shown, value)),
            CurlOption::Multipart => return Err(CurlError::Multipart(shown)),
            CurlOption::Next => return Err(CurlError::Several(shown)),
            CurlOption::Method => parts.method = Some(value),
            CurlOption::Header => {
                no_file(value.strip_prefix('@'))?;
                self.header(parts, &value)?;
            }
            CurlOption::Data | CurlOption::Binary => {
                no_file(value.strip_prefix('@'))?;
                parts.add(value, "&");
            }
            CurlOption::Raw => parts.add(value, "&"),
            CurlOption::UrlEncode => {
                no_file(encoded_file(&value))?;
                parts.add(url_encoded(&value), "&");
            }
            CurlOption::Json => {
                no_file(value.strip_prefix('@'))?;
                // Several texts of `--json` are one body, without a separator.
                parts.add(value, "");
                parts.is_json = true;
            }
            CurlOption::Get => parts.as_query = true,
            CurlOption::Head => parts.method = Some("HEAD".to_owned()),
            CurlOption::Url => parts.url(value)?,
            CurlOption::UrlQuery => {
                no_file(encoded_file(&value))?;
                // A plus sign says that the rest is encoded already.
                parts.query.push(value.strip_prefix('+').map_or_else(|| url_encoded(&value), str::to_owned));
            }
            CurlOption::UserAgent => self.headers.push(("User-Agent".to_owned(), Some(value))),
            CurlOption::Referer => self.headers.push(("Referer".to_owned(), Some(value))),
            CurlOption::Range => self.headers.push(("Range".to_owned(), Some(format!("bytes={value}")))),
        }
        Ok(())
    }

    fn credential(&mut self, shown: String) {
        self.credentials = true;
        self.notices.push(CurlNotice::Credentials(shown));
    }

    fn header(&mut self, parts: &mut Parts, text: &str) -> Result<(), CurlError> {
        // `Name;` sends the header with an empty value, and `Name:` removes a header that curl adds.
        let (name, value) = match text.split_once(':') {
            Some(("", _)) => return self.pseudo_header(text),
            Some((name, value)) if value.trim().is_empty() => (name, None),
            Some((name, value)) => (name, Some(value.trim())),
            None => match text.trim_end().strip_suffix(';') {
                Some(name) => (name, Some("")),
                None => return Err(CurlError::Header(text.to_owned())),
            },
        };
        let name = name.trim();
        let lower = name.to_ascii_lowercase();
        let says_so = ["token", "secret", "password", "signature", "session", "credential"]
            .iter()
            .any(|word| lower.contains(word));
        if CREDENTIAL_HEADERS.contains(&lower.as_str()) || says_so {
            self.credential(format!("the header {name}"));
        } else if CONNECTION_HEADERS.contains(&lower.as_str()) {
            self.notices.push(CurlNotice::Header(name.to_owned()));
        } else if lower == "content-type" {
            parts.content_type = Some(value.unwrap_or_default().to_owned());
        } else {
            self.headers.push((name.to_owned(), value.map(str::to_owned)));
        }
        Ok(())
    }

    /// Leaves out `:authority` and its like, which some browsers copy.
    fn pseudo_header(&mut self, text: &str) -> Result<(), CurlError> {
        let name = text[1..].split(':').next().unwrap_or_default();
        if name.is_empty() {
            return Err(CurlError::Header(text.to_owned()));
        }
        self.notices.push(CurlNotice::Header(format!(":{name}")));
        Ok(())
    }

    fn put_together(&mut self, mut parts: Parts) -> Result<(), CurlError> {
        let url = parts.url.take().ok_or(CurlError::Url)?;
        let raw_query = self.address(&url)?;
        let mut query: Vec<String> = raw_query.into_iter().collect();
        query.append(&mut parts.query);
        if parts.as_query {
            query.extend(parts.data.take());
        }
        for parameter in query.iter().flat_map(|text| text.split('&')).filter(|text| !text.is_empty()) {
            self.parameter(parameter);
        }
        self.leave_out_browser_headers();
        let default = if parts.data.is_some() { "POST" } else { "GET" };
        self.method = parts.method.take().unwrap_or_else(|| default.to_owned());
        if parts.is_json && !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
            self.headers.push(("Accept".to_owned(), Some("application/json".to_owned())));
        }
        let default = if parts.is_json { "application/json" } else { FORM };
        match parts.data {
            Some(data) => self.data(data, parts.content_type, default),
            None => self.headers.extend(parts.content_type.map(content_type)),
        }
        Ok(())
    }

    /// Leaves out the headers that a browser adds to every request, if it did: they hide those that matter.
    fn leave_out_browser_headers(&mut self) {
        let is_metadata = |name: &str| name.to_ascii_lowercase().starts_with("sec-fetch-");
        if !self.headers.iter().any(|(name, _)| is_metadata(name)) {
            return;
        }
        let is_of_browser = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.starts_with("sec-") || BROWSER_HEADERS.contains(&name.as_str())
        };
        let all = std::mem::take(&mut self.headers);
        let (left_out, kept): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| is_of_browser(name));
        self.headers = kept;
        let names: Vec<String> = left_out.into_iter().map(|(name, _)| name).collect();
        self.notices.push(CurlNotice::BrowserHeaders(names.join(", ")));
    }

    /// Adds the body with its content type.
    fn data(&mut self, data: String, given: Option<String>, default: &str) {
        let declared = given.clone().unwrap_or_else(|| default.to_owned());
        let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_json = media_type.ends_with("/json") || media_type.ends_with("+json");
        let fields: Vec<(String, String)> =
            url::form_urlencoded::parse(data.as_bytes()).into_owned().collect();
        let names: std::collections::BTreeSet<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let is_form = names.len() == fields.len() && data.split('&').all(|field| field.contains('='));
        let looks_like_json = || serde_json::from_str::<Value>(&data).is_ok_and(|value| !value.is_number());
        let usual;
        self.body = Some(match serde_json::from_str::<Value>(&data) {
            Ok(value) if is_json => {
                usual = "application/json";
                CurlBody::Json(value)
            }
            _ if media_type == FORM && is_form => {
                usual = FORM;
                CurlBody::Form(fields)
            }
            _ => {
                if is_json {
                    self.notices.push(CurlNotice::BadJson);
                } else if given.is_none() && looks_like_json() {
                    self.notices.push(CurlNotice::NotJson(declared.clone()));
                }
                usual = "";
                CurlBody::Text(data)
            }
        });
        if declared != usual {
            self.headers.push(content_type(declared));
        }
    }

    fn parameter(&mut self, text: &str) {
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()).into_owned() {
            if CREDENTIAL_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) {
                self.credential(format!("the query parameter {name}"));
                continue;
            }
            if !text.contains('=') {
                self.notices.push(CurlNotice::NoValue(name.clone()));
            }
            self.query.push((name, value));
        }
    }

    /// Takes the path of a URL. Returns its query as it is written.
    fn address(&mut self, text: &str) -> Result<Option<String>, CurlError> {
        // curl uses HTTP for a URL without a scheme.
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = url::Url::parse(&full)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| CurlError::NotHttp(text.to_owned()))?;
        if !url.username().is_empty() || url.password().is_some() {
            self.credential("the URL".to_owned());
        }
        self.path = url.path().to_owned();
        Ok(url.query().map(str::to_owned))
    }
}

impl Parts {
    /// Adds data to the body. curl joins several options as the fields of a form are joined.
    fn add(&mut self, data: String, separator: &str) {
        match &mut self.data {
            Some(body) => {
                body.push_str(separator);
                body.push_str(&data);
            }
            None => self.data = Some(data),
        }
    }

    fn url(&mut self, url: String) -> Result<(), CurlError> {
        match &self.url {
            Some(_) => Err(CurlError::Several(url)),
            None => {
                self.url = Some(url);
                Ok(())
            }
        }
    }
}

fn content_type(value: String) -> (String, Option<String>) {
    ("Content-Type".to_owned(), Some(value).filter(|value| !value.is_empty()))
}

/// Returns the file that `--data-urlencode` reads: `@file` or `name@file`. A text with `=` first has none.
fn encoded_file(value: &str) -> Option<&str> {
    let (name, file) = value.split_once('@')?;
    (!name.contains('=')).then_some(file)
}

/// Encodes the value of `--data-urlencode`: `content`, `=content` or `name=content`.
fn url_encoded(value: &str) -> String {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    match value.split_once('=') {
        None => encode(value),
        Some(("", content)) => encode(content),
        Some((name, content)) => format!("{name}={}", encode(content)),
    }
}

#[cfg(test)]
mod tests;
