//! Requests without credentials, and with wrong ones.

use failspec_pack::openapi::{Credential, Operation, ParameterLocation, SecurityScheme};

use crate::names::slug;

use super::{
    fault_kind::FaultKind,
    faults::Fault,
    generate::{Generator, declares},
    registration_tokens::without_token,
    valid_request::ValidRequest,
};

/// JSON Web Tokens (RFC 7519) that nobody may accept, each with its kind of fault: one that is not signed (`alg` is `none`), and one
/// whose signature is none. Both are of the subject `failspec`, and expire in 2100.
const WRONG_TOKENS: [(&str, &str); 2] = [
    (
        "with_unsigned_token",
        "Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJmYWlsc3BlYyIsImV4cCI6NDEwMjQ0NDgwMH0.",
    ),
    (
        "with_wrong_signature",
        "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJmYWlsc3BlYyIsImV4cCI6NDEwMjQ0NDgwMH0.ZmFpbHNwZWMtaXMtbm8tc2lnbmF0dXJl",
    ),
];

impl Generator<'_> {
    /// Adds requests without credentials and with wrong ones.
    pub(super) fn strangers(&self, operation: &Operation, right: &ValidRequest, faults: &mut Vec<Fault>) {
        // With `--credentials` the document does not say which operations want them, but which refuse.
        let refuses = self.credentials && declares(operation, 401);
        if self.no_auth || !operation.is_guarded() && !refuses {
            return;
        }
        let part = if operation.is_guarded() { "security" } else { "responses/401" };
        let rule = format!("{}/{part}", operation.pointer);
        let mut faulty = right.ask.clone();
        faulty.credentials = false;
        without_token(&mut faulty);
        for scheme in self.second_credentials.of_operation(operation, &self.declared.api) {
            let mut without = right.ask.clone();
            self.second_credentials.remove(&mut without, &scheme);
            self.second_credentials.remove(&mut faulty, &scheme);
            let what = format!("without_credential_{}", slug(&scheme));
            faults.push(Fault::new(FaultKind::Credentials, what, rule.clone(), without));
        }
        let what = "without_credentials".to_owned();
        faults.push(Fault::new(FaultKind::Credentials, what, rule.clone(), faulty.clone()));
        let schemes = operation.security.iter().find(|it| it.len() == 1).into_iter().flatten();
        let schemes = schemes.filter_map(|name| self.declared.api.schemes.get(name));
        let schemes: Vec<&SecurityScheme> = schemes.collect();
        if schemes.iter().any(|scheme| scheme.is_jwt) {
            for (kind, token) in WRONG_TOKENS {
                let mut faulty = faulty.clone();
                faulty.headers.retain(|(known, _)| !known.eq_ignore_ascii_case("authorization"));
                faulty.headers.push(("Authorization".to_owned(), token.to_owned()));
                faults.push(Fault::new(FaultKind::Credentials, kind.to_owned(), rule.clone(), faulty));
            }
        }
        let mut credentials: Vec<&Credential> =
            schemes.into_iter().map(|scheme| &scheme.credential).collect();
        // Without a scheme, a parameter whose name says so carries them, else probably `Authorization`.
        let own = operation.parameters.iter().find(|parameter| self.is_credential(operation, parameter));
        let own =
            own.map_or(Credential::Bearer, |it| Credential::Key { place: it.place, name: it.name.clone() });
        if !operation.is_guarded() {
            credentials.push(&own);
        }
        for credential in credentials {
            let (place, name, value) = match credential {
                Credential::Bearer => {
                    (ParameterLocation::Header, "Authorization", "Bearer failspec-is-no-token")
                }
                Credential::Basic => (ParameterLocation::Header, "Authorization", "Basic ZmFpbHNwZWM6bm8="),
                Credential::Key { place, name } => (*place, name.as_str(), "failspec-is-no-key"),
                Credential::Http(_) | Credential::Certificate => continue,
            };
            let mut faulty = faulty.clone();
            match place {
                ParameterLocation::Query => {
                    faulty.query.retain(|(known, _)| known != name);
                    faulty.query.push((name.to_owned(), value.to_owned()));
                }
                ParameterLocation::Cookie => {
                    faulty.cookies.retain(|(known, _)| known != name);
                    faulty.cookies.push((name.to_owned(), value.to_owned()));
                }
                _ => {
                    faulty.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                    faulty.headers.push((name.to_owned(), value.to_owned()));
                }
            }
            let what = "with_wrong_credentials".to_owned();
            faults.push(Fault::new(FaultKind::Credentials, what, rule.clone(), faulty));
        }
    }
}
