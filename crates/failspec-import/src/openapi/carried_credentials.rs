//! Parameters that carry the credentials of a role.

use failspec_pack::openapi::{Credential, Operation, Parameter, ParameterLocation};

use super::{
    generate::{Generator, declares},
    unusual::snake,
};

impl Generator<'_> {
    /// Returns true if valid requests to an operation carry credentials.
    pub(super) fn sends_credentials(&self, operation: &Operation) -> bool {
        !self.no_auth && (operation.is_guarded() || self.credentials || self.may_want_credentials(operation))
    }

    /// Returns true if an operation declares the refusal of strangers and no `security`, which others have: the document forgets
    /// one of the two. Requests to it carry the credentials of the others, which harms nothing; that it has to refuse requests
    /// without them is not promised.
    pub(super) fn may_want_credentials(&self, operation: &Operation) -> bool {
        operation.security.is_empty()
            && declares(operation, 401)
            && !is_about_credentials(operation)
            && self.declared.api.operations.iter().any(Operation::is_guarded)
    }

    /// Returns true if a parameter is a credential that the role of the request carries: a security scheme of the
    /// operation names it, or, if the document describes no scheme, its own name does.
    pub(super) fn is_credential(&self, operation: &Operation, parameter: &Parameter) -> bool {
        if self.paths.given(&parameter.name).is_some() {
            return false;
        }
        let is_header = parameter.place == ParameterLocation::Header;
        let schemes = operation.security.iter().flatten();
        let by_scheme = schemes.filter_map(|name| self.declared.api.schemes.get(name)).any(|scheme| {
            match &scheme.credential {
                Credential::Key { place, name } => {
                    let is_same =
                        *name == parameter.name || is_header && name.eq_ignore_ascii_case(&parameter.name);
                    *place == parameter.place && is_same
                }
                Credential::Bearer | Credential::Basic | Credential::Http(_) => {
                    is_header && parameter.name.eq_ignore_ascii_case("Authorization")
                }
                Credential::Certificate => false,
            }
        });
        let carries = self.sends_credentials(operation);
        let by_name = || names_credential(parameter) && !is_of_pages(operation, parameter);
        carries && (by_scheme || self.credentials && by_name())
    }
}

/// Returns true if a segment of the path of an operation says that it gives or changes credentials: those that it refuses with 401
/// are in the request itself.
fn is_about_credentials(operation: &Operation) -> bool {
    const WORDS: [&str; 20] = [
        "auth",
        "authenticate",
        "authorize",
        "callback",
        "credentials",
        "login",
        "logon",
        "logout",
        "oauth",
        "oauth2",
        "oidc",
        "otp",
        "password",
        "refresh",
        "register",
        "saml",
        "signin",
        "signup",
        "token",
        "verify",
    ];
    // `agent_sessions` are no logins.
    const WHOLE: [&str; 4] = ["session", "sessions", "sign_in", "sign_up"];
    operation.path.split('/').map(snake).any(|segment| {
        WHOLE.contains(&segment.as_str()) || segment.split('_').any(|word| WORDS.contains(&word))
    })
}

/// Returns true if the name of a header, query or cookie parameter says that it is a credential.
fn names_credential(parameter: &Parameter) -> bool {
    const WORDS: [&str; 10] =
        ["authorization", "auth", "token", "apikey", "key", "secret", "session", "sid", "jwt", "signature"];
    // Tokens of pages, of requests and of idempotency are no credentials.
    const OTHERS: [&str; 7] = ["page", "next", "csrf", "xsrf", "idempotency", "continuation", "sync"];
    let name = parameter.name.to_ascii_lowercase();
    let words: Vec<&str> = name.split(|it: char| !it.is_ascii_alphanumeric()).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    parameter.place != ParameterLocation::Path && has(&WORDS) && !has(&OTHERS)
}

/// Returns true for a token in the query of an operation that also takes how many items a page has: it is that of the next page.
fn is_of_pages(operation: &Operation, parameter: &Parameter) -> bool {
    const PAGES: [&str; 8] = ["limit", "page", "size", "count", "offset", "max", "per", "sort"];
    let is_query = |it: &Parameter| it.place == ParameterLocation::Query;
    let is_token = parameter.name.trim_matches('_').eq_ignore_ascii_case("token");
    let words = |it: &Parameter| snake(&it.name).split('_').any(|word| PAGES.contains(&word));
    is_token && is_query(parameter) && operation.parameters.iter().any(|it| is_query(it) && words(it))
}
