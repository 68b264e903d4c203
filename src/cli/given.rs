//! A document given as a file or by URL.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use failspec_http::{Fetched, fetch};
use tempfile::TempDir;
use url::Url;

use super::{error::CliError, runtime::runtime};

/// Maximum size of a document that is fetched, in bytes.
const MAX_SIZE: usize = 64 << 20;

/// A document on this machine.
#[derive(Debug)]
pub(super) struct GivenDocument {
    /// Its path. A document that was given by URL is a copy.
    pub path: PathBuf,
    /// Its URL, if it was given by URL: the address at which it was found, after redirects.
    pub url: Option<Url>,
    _folder: Option<TempDir>,
}

impl GivenDocument {
    /// Uses a file as it is. A document by `http://` or `https://` is fetched, and only that one request is sent:
    /// files that it refers to are not fetched.
    ///
    /// # Errors
    /// When a URL is invalid or the document cannot be fetched.
    pub fn open(given: &Path) -> Result<Self, CliError> {
        let Some(text) = given.to_str().filter(|text| is_url(text)) else {
            return Ok(Self { path: given.to_owned(), url: None, _folder: None });
        };
        let url = Url::parse(text)
            .map_err(|error| CliError::usage(format!("the URL {text} cannot be read: {error}")))?;
        let fetched = runtime()?.block_on(fetch(&url, MAX_SIZE)).map_err(|error| {
            CliError::usage_hint(error.to_string(), "or save the document and give the file")
        })?;
        let failed = |error| CliError::Broken(format!("cannot write a copy of {url}: {error}"));
        let folder = tempfile::tempdir().map_err(failed)?;
        let path = folder.path().join(file_name(&fetched));
        fs::write(&path, &fetched.bytes).map_err(failed)?;
        Ok(Self { path, url: Some(fetched.url), _folder: Some(folder) })
    }

    /// Its address for readers of a contract: the URL, or the name of the file.
    pub fn address(&self) -> String {
        match &self.url {
            Some(url) => url.to_string(),
            None => self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        }
    }
}

impl fmt::Display for GivenDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.url {
            Some(url) => write!(f, "{url}"),
            None => write!(f, "{}", self.path.display()),
        }
    }
}

fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)))
}

/// A name for the copy, with the ending of its media type: the ending tells how a page is read.
fn file_name(fetched: &Fetched) -> String {
    let last = fetched.url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let name: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    let name = name.trim_start_matches('.');
    let ending = fetched.media_type.as_ref().and_then(|media_type| match media_type.essence().as_str() {
        "text/html" | "application/xhtml+xml" => Some("html"),
        "text/markdown" => Some("md"),
        "text/csv" => Some("csv"),
        json if json.ends_with("json") => Some("json"),
        yaml if yaml.ends_with("yaml") => Some("yaml"),
        _ => None,
    });
    let stem = if name.is_empty() { "document" } else { name };
    match ending {
        Some(ending) if !stem.ends_with(&format!(".{ending}")) => format!("{stem}.{ending}"),
        _ => stem.to_owned(),
    }
}
