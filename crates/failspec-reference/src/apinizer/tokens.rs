//! The client_credentials grant (RFC 6749, 4.4).

use jiff::{SignedDuration, Timestamp};

use super::{Apinizer, BODY_LIMIT, Code, Failure, Outcome, Success, quirks, seed};
use crate::{Request, query::Query, store};

/// The lifetime of a token, in seconds.
const SECONDS: i64 = 3600;

impl Apinizer {
    /// Issues a token with the permissions of the manager. Any number of tokens can be valid at once.
    pub(super) fn create_token(&self, request: &Request) -> Outcome {
        let form = read_form(request)?;
        let grant = field(&form, "grant_type")?;
        let (id, secret) = (field(&form, "client_id")?, field(&form, "client_secret")?);
        if grant != "client_credentials" {
            return Err(Failure::new(Code::BadRequest, "grant_type must be client_credentials"));
        }
        let known = id == seed::CLIENT_ID && secret == seed::CLIENT_SECRET;
        if !known && !self.quirks.is_on(quirks::ANY_CLIENT) {
            // The response does not reveal which of the two is wrong.
            return Err(Failure::new(Code::UnauthorizedClient, "Invalid client credentials"));
        }
        let now = self.store.clock.now();
        let expires = now.checked_add(SignedDuration::from_secs(SECONDS)).unwrap_or(Timestamp::MAX);
        let token = format!("apz_{}", store::base62(32));
        self.store.identities.issue(&token, seed::manager(Some(expires)));
        Ok(Success::Token { token, seconds: SECONDS })
    }
}

fn read_form(request: &Request) -> Result<Query, Failure> {
    let media_type = request.headers("content-type").next().unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let text = std::str::from_utf8(&request.body).ok().filter(|text| text.len() <= BODY_LIMIT);
    match text {
        Some(text) if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") => {
            Ok(Query::read(Some(text)))
        }
        _ => Err(Failure::new(Code::BadRequest, "The token request must be a form")),
    }
}

/// Returns a required field that must not be empty.
fn field<'a>(form: &'a Query, name: &str) -> Result<&'a str, Failure> {
    match form.first(name) {
        Ok(Some(value)) if !value.is_empty() => Ok(value),
        Ok(_) => Err(Failure::new(Code::BadRequest, format!("{name} is required"))),
        Err(_) => Err(Failure::new(Code::BadRequest, format!("{name} has an invalid percent-encoding"))),
    }
}
