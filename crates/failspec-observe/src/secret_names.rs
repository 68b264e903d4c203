//! Names of headers, parameters and members whose values are credentials.

use std::collections::BTreeSet;

use failspec_pack::{
    openapi::{self, Declared},
    target_config::{Credential, Target},
};

/// Headers that carry credentials, in lower case.
const HEADERS: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-amz-security-token",
    "www-authenticate-token",
    "x-goog-iap-jwt-assertion",
    "cf-access-jwt-assertion",
];

/// Parts of names that say that a value is a credential. They are compared in lower case, without `-`, `_` and `.`.
const PARTS: [&str; 19] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "accesskey",
    "privatekey",
    "subscriptionkey",
    "functionskey",
    "credential",
    "sessionid",
    "authorization",
    "clientassertion",
    "csrf",
    "xsrf",
    "jwt",
    "samlresponse",
    "codeverifier",
];

/// Whole names of query parameters and of fields of forms, which are too short to be parts of others.
const PARAMETERS: [&str; 11] =
    ["key", "sig", "signature", "auth", "code", "sid", "pwd", "pass", "otp", "assertion", "xamzsignature"];

/// Whole names of members of JSON bodies. A `code` is that of an error there.
const MEMBERS: [&str; 6] = ["pwd", "pass", "otp", "sid", "assertion", "pin"];

/// Names of headers, parameters and members whose values are credentials: the usual ones, and those that a target and an
/// OpenAPI document declare.
#[derive(Debug, Clone, Default)]
pub struct SecretNames {
    headers: BTreeSet<String>,
    parameters: BTreeSet<String>,
    members: BTreeSet<String>,
}

/// Returns a name in lower case, without what separates its words.
fn compact(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | '.' | '[' | ']')).flat_map(char::to_lowercase).collect()
}

impl SecretNames {
    /// Returns the usual names, and those that the target and the document declare.
    pub fn of(target: &Target, declared: Option<&Declared>) -> Self {
        let mut names = Self::default();
        for role in target.roles.values() {
            match &role.credential {
                Credential::Header { name, .. } => names.add_header(name),
                Credential::Headers(headers) => headers.iter().for_each(|(name, _)| names.add_header(name)),
                Credential::Query { name, .. } => names.add_parameter(name),
                _ => {}
            }
        }
        target.headers.iter().for_each(|header| names.add_header(&header.name));
        let schemes = declared.iter().flat_map(|declared| declared.api.schemes.values());
        for scheme in schemes {
            if let openapi::Credential::Key { place, name } = &scheme.credential {
                match place {
                    openapi::ParameterLocation::Header => names.add_header(name),
                    openapi::ParameterLocation::Query => names.add_parameter(name),
                    // The values of all cookies are masked.
                    _ => {}
                }
            }
        }
        names
    }

    fn add_header(&mut self, name: &str) {
        self.headers.insert(name.to_ascii_lowercase());
    }

    fn add_parameter(&mut self, name: &str) {
        self.parameters.insert(compact(name));
    }

    /// Returns true if the value of this header is a credential, or contains some.
    pub fn is_header(&self, name: &str) -> bool {
        if HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return true;
        }
        self.headers.contains(&name.to_ascii_lowercase()) || has_part(&compact(name))
    }

    /// Returns true if the value of this query parameter, or of this field of a form, is a credential.
    pub fn is_parameter(&self, name: &str) -> bool {
        let name = compact(name);
        PARAMETERS.contains(&name.as_str()) || self.parameters.contains(&name) || has_part(&name)
    }

    /// Returns true if the value of this member of a JSON body is a credential.
    pub fn is_member(&self, name: &str) -> bool {
        let name = compact(name);
        MEMBERS.contains(&name.as_str()) || self.members.contains(&name) || has_part(&name)
    }
}

fn has_part(name: &str) -> bool {
    PARTS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials_are_known_and_others_are_shown() {
        let names = SecretNames::default();
        for name in [
            "Authorization",
            "COOKIE",
            "X-Api-Key",
            "x-auth-token",
            "X-CSRF-Token",
            "Ocp-Apim-Subscription-Key",
        ] {
            assert!(names.is_header(name), "{name}");
        }
        for name in ["Content-Type", "X-Request-Id", "Retry-After", "WWW-Authenticate", "ETag"] {
            assert!(!names.is_header(name), "{name}");
        }
        for name in ["access_token", "api_key", "key", "code", "X-Amz-Signature", "client_secret"] {
            assert!(names.is_parameter(name), "{name}");
        }
        for name in ["limit", "page", "status", "keyword", "country_code"] {
            assert!(!names.is_parameter(name), "{name}");
        }
        for name in ["password", "accessToken", "refresh_token", "apiKey"] {
            assert!(names.is_member(name), "{name}");
        }
        for name in ["code", "message", "error", "status", "pinned", "passed"] {
            assert!(!names.is_member(name), "{name}");
        }
    }
}
