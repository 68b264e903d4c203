//! Logins by OAuth 2.0 with client credentials (RFC 6749, section 4.4).

use base64::Engine as _;

use failspec_base::{
    encoding::form_encode,
    syntax::{Decoder, Field, MappingSchema, Node, ValueType},
    template::Template,
};

use crate::pack::{Part, Pointer};

use super::{
    endpoint::Address,
    environment::Environment,
    login::{Captured, Login, LoginStep},
};

/// The ways to send id and secret of the client (RFC 6749, section 2.3.1), the default first.
const CLIENT_AUTHENTICATION: &[&str] = &["basic", "body"];

pub(super) static OAUTH: MappingSchema = MappingSchema {
    name: "oauth",
    about: "OAuth 2.0 with client credentials (RFC 6749, section 4.4): the access token is sent as `Authorization: Bearer …`, \
            and fetched again when it expires or is refused",
    fields: &[
        Field::required(
            "token_url",
            ValueType::Text,
            "the token endpoint: a URL, or a path under that of the target",
        ),
        Field::required("client_id", ValueType::Text, "the id of the client"),
        Field::required("client_secret", ValueType::Text, "its secret; write `${env:NAME}`"),
        Field::optional("scope", ValueType::Text, "the scopes, separated by spaces"),
        Field::optional(
            "parameters",
            ValueType::Map(&ValueType::Text),
            "other parameters of the request by name, such as `audience` or `resource`",
        ),
        Field::optional(
            "client_authentication",
            ValueType::Words(CLIENT_AUTHENTICATION),
            "`basic` (default): id and secret as HTTP Basic, which every server supports; `body`: as `client_id` and \
             `client_secret` in the form",
        ),
        Field::optional(
            "lifetime",
            ValueType::Duration,
            "the lifetime of a token if `expires_in` is missing",
        ),
    ],
    also: &[],
};

/// Reads the login of a role: one request to the token endpoint.
pub(super) fn read_oauth(node: &Node, reader: &Decoder, environment: Environment) -> Option<Login> {
    let fields = reader.fields(node, &OAUTH)?;
    let url = fields.get("token_url")?;
    let address = Address::read(reader.text(url)?.trim(), url, reader, environment)?;
    let id = environment.text(fields.get("client_id")?, reader)?;
    let secret = environment.text(fields.get("client_secret")?, reader)?;
    let mut form = vec![("grant_type".to_owned(), Template::literal("client_credentials"))];
    if let Some(scope) = fields.get("scope") {
        form.push(("scope".to_owned(), Template::literal(environment.text(scope, reader)?)));
    }
    for entry in fields.get("parameters").map(|node| reader.entries(node)).unwrap_or_default() {
        if form.iter().any(|(name, _)| *name == entry.key) {
            reader.error(entry.key_span, format!("`{}` has a key of its own, or is sent already", entry.key));
        }
        form.push((entry.key.clone(), Template::literal(environment.text(&entry.value, reader)?)));
    }
    let in_body = match fields.get("client_authentication") {
        Some(node) => reader.word(node, CLIENT_AUTHENTICATION)? == 1,
        None => false,
    };
    // As RFC 6749 says in section 5.1, for servers that would send a page otherwise.
    let mut headers = vec![("Accept".to_owned(), Template::literal("application/json"))];
    if in_body {
        form.push(("client_id".to_owned(), Template::literal(id)));
        form.push(("client_secret".to_owned(), Template::literal(secret)));
    } else {
        // Both are form-encoded first: an id may have a colon.
        let pair = format!("{}:{}", form_encode(&id), form_encode(&secret));
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
        headers.push(("Authorization".to_owned(), Template::literal(format!("Basic {encoded}"))));
    }
    let token = Captured::Part(Part::Body(Pointer::parse("/access_token")?));
    let step = LoginStep {
        method: "POST".to_owned(),
        address,
        headers,
        json: None,
        form,
        capture: vec![("access_token".to_owned(), token)],
    };
    Some(Login {
        steps: vec![step],
        header: ("Authorization".to_owned(), Template::parse("Bearer ${access_token}").ok()?),
        expires_in: Pointer::parse("/expires_in"),
        lifetime: fields.get("lifetime").and_then(|node| reader.duration(node)),
    })
}
