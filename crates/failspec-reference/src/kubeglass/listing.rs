//! Lists: `limit` (1 to 1000, default 100) and `continue` (site).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Call, Code, Failure, Kubeglass, quirks};
use crate::{Response, store::Resource};

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1000;

/// The requested page of a list.
#[derive(Debug)]
pub(super) struct Page {
    pub limit: usize,
    /// The last name of the previous page.
    pub after: Option<String>,
    /// The name of the list. A continue token is valid only for the list that issued it.
    list: String,
}

impl Kubeglass {
    /// Reads `limit` and `continue`.
    pub(super) fn page(&self, call: &Call<'_>, list: String) -> Result<Page, Failure> {
        let limit = match call.query.get("limit")? {
            None => DEFAULT_LIMIT,
            Some(text) => match whole_number(text) {
                Some(limit @ 1..=MAX_LIMIT) => limit,
                _ if self.quirks.is_on(quirks::BAD_LIMIT) => DEFAULT_LIMIT,
                _ => {
                    let rule = format!("limit must be a whole number from 1 to {MAX_LIMIT}");
                    return Err(Failure::new(Code::InvalidParameter, rule));
                }
            },
        };
        let after = match call.query.get("continue")? {
            None => None,
            Some(token) => Some(self.read_continue(&list, token).ok_or_else(|| {
                Failure::new(Code::InvalidParameter, "continue is not a token that this list gave out")
            })?),
        };
        Ok(Page { limit, after, list })
    }

    /// Returns one page of a scope.
    pub(super) fn response_scope(
        &self,
        page: &Page,
        collection: &'static str,
        scope: &str,
        show: impl Fn(&Resource) -> Value,
    ) -> Response {
        // One row more than the page shows, to know whether there are more.
        let (mut found, total) =
            self.store.resources.list(collection, scope, page.after.as_deref(), page.limit + 1);
        let more = found.len() > page.limit;
        found.truncate(page.limit);
        let last = found.last().map(|last| last.key.name.as_str()).filter(|_| more);
        self.response_list(page, found.iter().map(show).collect(), total, last)
    }

    /// Returns one page of arbitrary rows, in the order of their names.
    pub(super) fn response_rows(&self, page: &Page, mut rows: Vec<(String, Value)>) -> Response {
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        let total = rows.len();
        if let Some(after) = &page.after {
            rows.drain(..rows.partition_point(|(name, _)| name <= after));
        }
        let more = rows.len() > page.limit;
        rows.truncate(page.limit);
        let last = rows.last().map(|(name, _)| name.clone()).filter(|_| more);
        self.response_list(page, rows.into_iter().map(|(_, value)| value).collect(), total, last.as_deref())
    }

    fn response_list(&self, page: &Page, values: Vec<Value>, total: usize, last: Option<&str>) -> Response {
        let mut body = json!({ "data": values, "total": total });
        if let Some(last) = last {
            body["continue"] = json!(self.write_continue(&page.list, last));
        }
        Response::json(200, &body)
    }

    fn write_continue(&self, list: &str, last: &str) -> String {
        let signature = self.sign(list, last);
        URL_SAFE_NO_PAD.encode(format!("{signature}{last}"))
    }

    fn read_continue(&self, list: &str, token: &str) -> Option<String> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (signature, last) = text.split_at_checked(SIGNATURE)?;
        (self.sign(list, last) == signature).then(|| last.to_owned())
    }

    /// Signs a continue token, which distinguishes issued tokens from made-up ones; it protects nothing.
    fn sign(&self, list: &str, last: &str) -> String {
        let digest = Sha256::digest(format!("{}\n{list}\n{last}", self.continue_key));
        digest.iter().take(SIGNATURE / 2).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The number of hexadecimal digits of a signature.
const SIGNATURE: usize = 32;

/// Parses digits only: no sign, no exponent, no space.
fn whole_number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
