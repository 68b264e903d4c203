//! An API of two tenants that is right in all that an import asks beyond the rules of the document, and can be wrong about
//! one of these questions.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use failspec_test_server::{Received, Reply, Server};
use serde_json::{Map, Value, json};

use super::rules::{Broken, Said};

/// The tokens of the roles `user`, `guest` (may call nothing) and `stranger` (another tenant).
pub const TOKENS: [(&str, &str); 3] =
    [("user", "token-of-user"), ("guest", "token-of-guest"), ("stranger", "token-of-stranger")];

/// The question about which an API is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// It breaks on a text in a query parameter that takes any.
    TextInQuery,
    /// It breaks on a text in a header that takes any.
    TextInHeader,
    /// It breaks on a NUL in a text of a body, or of the query.
    NulInBody,
    NulInQuery,
    /// It breaks on a NUL in an id.
    NulInPath,
    /// It breaks on letters beyond ASCII.
    BeyondAscii,
    /// It breaks on a text that is longer than its column.
    LongText,
    /// It breaks on many lists within each other.
    DeepBody,
    /// It breaks on `null` as an item, and as the body.
    NullItem,
    NullBody,
    /// It breaks on a member that the document does not name.
    FurtherMember,
    /// It breaks on a reference to nothing.
    UnknownReference,
    /// It breaks on the two bounds of a range that are equal, or the wrong way round.
    EqualBounds,
    ReversedBounds,
    /// It breaks on an unknown id of the form of its own ids.
    IdOfSameForm,
    /// It breaks on integers beyond 64 bits, negative ones, and zero.
    BeyondSixtyFourBits,
    NegativeCount,
    ZeroCount,
    /// It breaks on numbers that are huge.
    HugeNumber,
    /// It breaks on an integer that is huge, and on an object of which the document says nothing, if something is in it.
    HugeInteger,
    FilledObject,
    /// It breaks on a time that has no offset from UTC.
    TimeWithoutOffset,
    /// It takes wrong values of a parameter that is JSON.
    AnyJsonParameter,
    /// It breaks on a parameter that should be JSON and is not.
    MalformedJsonParameter,
    /// It breaks on a name that is taken: of a second thing, and of one that gets another name.
    SecondOfAName,
    TakenName,
    /// It breaks on the same change twice.
    SameChangeTwice,
    /// The other tenant sees the list of all, reads, changes and removes what is not its own.
    ListsAll,
    ReadsAll,
    ChangesAll,
    RemovesAll,
    /// A role without the permission may do everything.
    PermitsAll,
    /// It converts numbers from texts, and cuts fractions off.
    ConvertsTexts,
    CutsFractions,
    /// It refuses what the document allows: an empty text, a bound, a further member, any text in the query.
    RefusesEmptyTexts,
    RefusesBounds,
    RefusesFurtherMembers,
    RefusesTexts,
    RefusesAllowedNull,
    RefusesBeyondAscii,
    RefusesNegative,
    /// It breaks on what its parser of JSON reads, and its language cannot hold.
    HalfACharacter,
    NotANumber,
    BeyondFloat,
    /// It breaks on a body that is no text, none at all, or a list.
    InvalidUtf8,
    EmptyBody,
    ListBody,
    /// It breaks on a charset that it does not know.
    UnknownCharset,
    /// It takes a body of any media type, and one with more behind it.
    AnyMediaType,
    MoreBehindTheBody,
    /// It breaks on the bounds of integers of 64 and 32 bits, and on a page beyond the end.
    LeastOfSixtyFourBits,
    BeyondThirtyTwoBits,
    BeyondTheEnd,
    /// It breaks on a quote in a query that nothing closes, on a filter that is cut off, on a parameter that is empty.
    UnbalancedQuery,
    CutOffFilter,
    EmptyParameter,
    /// It breaks on a long id, and on a time that has none in UTC.
    LongId,
    DateOutOfRange,
    /// It breaks on `null` where the document allows it.
    AllowedNull,
    /// It takes a number for a text.
    NumberForText,
    /// It names only one method of a path.
    ShortAllow,
    /// It breaks on a byte in the query, or in an id, that is no UTF-8.
    NotUtf8InQuery,
    NotUtf8InPath,
    /// It breaks on a `/` in an id, and comes to another route with `..`.
    EncodedSlash,
    EncodedParent,
    /// It breaks on a path that it does not have.
    MissingPath,
    /// It breaks on a member that it alone sets, or lets the client set it.
    ReadOnlyMember,
    KeepsReadOnlyMember,
    /// It takes a text that is empty, and breaks on one that is longer than its pattern says.
    EmptyForPattern,
    LongForPattern,
    /// It breaks on a number that an integer of 64 bits does not hold, and on such an id of the form of its own.
    NumberBeyondSixtyFourBits,
    OversizedId,
    /// It breaks on an item of a list that names nothing, on one that is there twice, and does not look at the second one.
    UnknownItem,
    SameItemTwice,
    WrongSecondItem,
    /// It refuses a value that the document lists, and breaks on an operator of a query whose operand is none.
    RefusesListedValue,
    UnknownOperand,
    /// It requires an optional member that the document's example has, or breaks without it.
    RequiresOptional,
    BreaksWithoutOptional,
    /// It knows only the first of two alternatives, or breaks on the second one, and does not look into it.
    RefusesAlternative,
    SecondAlternative,
    WrongInAlternative,
    /// It breaks on a `%` that begins no byte, in the query or in an id.
    EscapeInQuery,
    EscapeInPath,
    /// It breaks on a method that asks for headers alone.
    Head,
    /// It does not know that method.
    NoHead,
    /// It breaks on a page and a half.
    FractionCount,
    /// It says that it removed a thing, and has it as it was.
    KeepsRemoved,
    /// It breaks on an id that is a blank.
    BlankId,
    /// It breaks on a number in the query that no floating-point number holds.
    BeyondFloatInQuery,
    /// It breaks on an object without any member.
    EmptyObject,
    /// It breaks on an unknown id of things that the document has no collection of.
    UnknownBatch,
    /// It takes a wrong item, and too few items, of a list that has its name before each of them.
    AnyItem,
    TooFewItems,
    /// It breaks on an action whose body names nothing, and on a rename in the path to a name that is taken.
    UnknownInAction,
    TakenNameInPath,
    /// It breaks on the removal of what another thing refers to, and on a read of what refers to nothing since then.
    RemovalOfOwner,
    LostOwner,
    /// It breaks on a token that is not signed, and takes one with whatever signature.
    UnsignedToken,
    AnySignature,
}

impl Weakness {
    /// All of them.
    pub const ALL: [Self; 100] = [
        Self::RemovalOfOwner,
        Self::LostOwner,
        Self::UnsignedToken,
        Self::AnySignature,
        Self::UnknownInAction,
        Self::TakenNameInPath,
        Self::BlankId,
        Self::BeyondFloatInQuery,
        Self::EmptyObject,
        Self::UnknownBatch,
        Self::AnyItem,
        Self::TooFewItems,
        Self::HugeInteger,
        Self::FilledObject,
        Self::TimeWithoutOffset,
        Self::TextInQuery,
        Self::TextInHeader,
        Self::NulInBody,
        Self::NulInQuery,
        Self::NulInPath,
        Self::BeyondAscii,
        Self::LongText,
        Self::DeepBody,
        Self::NullItem,
        Self::NullBody,
        Self::FurtherMember,
        Self::UnknownReference,
        Self::EqualBounds,
        Self::ReversedBounds,
        Self::IdOfSameForm,
        Self::BeyondSixtyFourBits,
        Self::NegativeCount,
        Self::ZeroCount,
        Self::HugeNumber,
        Self::AnyJsonParameter,
        Self::MalformedJsonParameter,
        Self::SecondOfAName,
        Self::TakenName,
        Self::SameChangeTwice,
        Self::ListsAll,
        Self::ReadsAll,
        Self::ChangesAll,
        Self::RemovesAll,
        Self::PermitsAll,
        Self::ConvertsTexts,
        Self::CutsFractions,
        Self::RefusesEmptyTexts,
        Self::RefusesBounds,
        Self::RefusesFurtherMembers,
        Self::RefusesTexts,
        Self::RefusesAllowedNull,
        Self::RefusesBeyondAscii,
        Self::RefusesNegative,
        Self::HalfACharacter,
        Self::NotANumber,
        Self::BeyondFloat,
        Self::InvalidUtf8,
        Self::EmptyBody,
        Self::ListBody,
        Self::UnknownCharset,
        Self::AnyMediaType,
        Self::MoreBehindTheBody,
        Self::LeastOfSixtyFourBits,
        Self::BeyondThirtyTwoBits,
        Self::BeyondTheEnd,
        Self::UnbalancedQuery,
        Self::CutOffFilter,
        Self::EmptyParameter,
        Self::LongId,
        Self::DateOutOfRange,
        Self::AllowedNull,
        Self::NumberForText,
        Self::ShortAllow,
        Self::NotUtf8InQuery,
        Self::NotUtf8InPath,
        Self::EncodedSlash,
        Self::EncodedParent,
        Self::MissingPath,
        Self::ReadOnlyMember,
        Self::KeepsReadOnlyMember,
        Self::EmptyForPattern,
        Self::LongForPattern,
        Self::NumberBeyondSixtyFourBits,
        Self::OversizedId,
        Self::UnknownItem,
        Self::SameItemTwice,
        Self::WrongSecondItem,
        Self::RefusesListedValue,
        Self::UnknownOperand,
        Self::RequiresOptional,
        Self::BreaksWithoutOptional,
        Self::RefusesAlternative,
        Self::SecondAlternative,
        Self::WrongInAlternative,
        Self::EscapeInQuery,
        Self::EscapeInPath,
        Self::Head,
        Self::FractionCount,
        Self::KeepsRemoved,
        Self::NoHead,
    ];

    /// Returns the check that warns of it, if it is no violation: servers may be lenient, and documents say little.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::ConvertsTexts | Self::CutsFractions | Self::MoreBehindTheBody | Self::NumberForText => {
                Some("not-rejected")
            }
            Self::ShortAllow => Some("allow"),
            Self::RequiresOptional => Some("undeclared-requirement"),
            Self::KeepsReadOnlyMember => Some("read-only"),
            Self::KeepsRemoved => Some("removal"),
            Self::NoHead => Some("head"),
            Self::EncodedParent => Some("undeclared-media-type"),
            Self::RefusesAllowedNull
            | Self::RefusesBeyondAscii
            | Self::RefusesNegative
            | Self::RefusesEmptyTexts
            | Self::RefusesBounds
            | Self::RefusesFurtherMembers
            | Self::RefusesListedValue
            | Self::RefusesAlternative
            | Self::RefusesTexts => Some("undeclared-restriction"),
            _ => None,
        }
    }
}

/// Returns the schema of the things of which the API has many kinds of values.
fn thing(many: &str) -> Value {
    let mut properties = json!({
        "name": { "type": "string" },
        "tags": { "type": "array", "items": { "type": "string" } },
        "age": { "type": "integer" },
        "weight": { "type": "number" },
        "note": { "type": "string" },
        "size": { "type": "integer", "minimum": 1, "maximum": 9 },
        "nick": { "type": ["string", "null"] },
        "labels": { "type": "object" },
        "code": { "type": "string", "pattern": "^[a-z]{1,9}$" },
        "mode": { "type": "string", "enum": ["fast", "slow", "late"] },
        "due": { "type": "string", "format": "date-time" },
        "reward": { "oneOf": [
            { "type": "integer", "minimum": 1 },
            { "type": "object", "required": ["label"], "properties": { "label": { "type": "string" } } },
        ] },
        "created_at": { "type": "string", "format": "date-time", "readOnly": true },
        "batch_id": { "type": "integer" },
    });
    if many == "pets" {
        properties["owner_id"] = json!({ "type": "string" });
    } else {
        properties["owner_id"] = json!({ "type": "string", "description": "whose it is" });
        properties["urgent"] = json!({ "type": "boolean" });
    }
    json!({ "type": "object", "required": ["name"], "properties": properties })
}

/// Returns the refusals with these statuses as the document declares them.
fn refusals(statuses: &[&str]) -> Map<String, Value> {
    let schema = json!({
        "type": "object",
        "required": ["code", "message"],
        "properties": { "code": { "type": "string" }, "message": { "type": "string" } }
    });
    let content = json!({ "application/json": { "schema": schema } });
    let refusal = json!({ "description": "refused", "content": content });
    statuses.iter().map(|status| ((*status).to_owned(), refusal.clone())).collect()
}

/// Returns the document of the API. With another number, it has other names and other optional members.
pub fn document(number: u64) -> Value {
    let many = if number.is_multiple_of(2) { "pets" } else { "jobs" };
    let responses = |success: &str, schema: Option<Value>, statuses: &[&str]| {
        let mut all = refusals(statuses);
        let mut response = json!({ "description": "done" });
        if let Some(schema) = schema {
            response["content"] = json!({ "application/json": { "schema": schema } });
        }
        all.insert(success.to_owned(), response);
        Value::Object(all)
    };
    let thing = thing(many);
    let owner = json!({
        "type": "object", "required": ["name"],
        "properties": { "name": { "type": "string" }, "city": { "type": "string" } }
    });
    let query = |name: &str, schema: Value| json!({ "name": name, "in": "query", "schema": schema });
    let date = json!({ "type": "string", "format": "date" });
    let filter = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": { "age": { "type": "integer", "minimum": 0 }, "name": { "type": "string" } }
    });
    let mut paths = Map::new();
    let kinds = [
        ("owners", owner, Vec::new()),
        (
            many,
            thing,
            vec![
                query("q", json!({ "type": "string" })),
                query("made_by", json!({ "type": "string", "example": "IS:me" })),
                query("limit", json!({ "type": "integer" })),
                query("page", json!({ "type": "number" })),
                query(
                    "box",
                    json!({ "type": "array", "items": { "type": "integer" }, "minItems": 2, "maxItems": 4 }),
                ),
                query("created_after", date.clone()),
                query("created_before", date),
                json!({ "name": "X-Note", "in": "header", "schema": { "type": "string" } }),
                json!({ "name": "filter", "in": "query", "content": { "application/json": { "schema": filter } } }),
            ],
        ),
    ];
    for (kind, schema, parameters) in kinds {
        let made = json!({
            "type": "object",
            "required": ["id", "name"],
            "properties": { "id": { "type": "string" }, "name": { "type": "string" } }
        });
        let list = json!({ "type": "array", "items": made });
        let mut content = json!({ "schema": schema });
        if kind == "owners" {
            content["example"] = json!({ "name": "Ann", "city": "Bonn" });
        }
        let body = json!({ "required": true, "content": { "application/json": content } });
        let all = ["400", "401", "403", "404", "405", "409", "415"];
        let collection = json!({
            "get": { "parameters": parameters, "responses": responses("200", Some(list), &all) },
            "post": { "requestBody": body, "responses": responses("201", Some(made.clone()), &all) }
        });
        let id = json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } });
        if kind == "owners" {
            let named = json!({ "type": "object", "properties": { "id": { "type": "string" } } });
            let content = json!({ "application/json": { "schema": named } });
            let approve = json!({
                "summary": "Approve an owner",
                "requestBody": { "required": true, "content": content },
                "responses": responses("200", Some(json!({ "type": "object" })), &all)
            });
            let new_name =
                json!({ "name": "newName", "in": "path", "required": true, "schema": { "type": "string" } });
            let rename = json!({
                "parameters": [id, new_name],
                "post": { "responses": responses("200", Some(made.clone()), &all) }
            });
            paths.insert("/owners/approve".to_owned(), json!({ "post": approve }));
            paths.insert("/owners/{id}/rename/{newName}".to_owned(), rename);
        }
        let item = json!({
            "parameters": [id],
            "get": { "responses": responses("200", Some(made.clone()), &all) },
            "put": { "requestBody": body, "responses": responses("200", Some(made), &all) },
            "delete": { "responses": responses("204", None, &all) }
        });
        paths.insert(format!("/{kind}"), collection);
        paths.insert(format!("/{kind}/{{id}}"), item);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Two tenants", "version": "1" },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": { "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } } }
    })
}

/// The running API.
pub struct TenantsApi {
    pub url: String,
    things: Arc<Mutex<Things>>,
    _server: Server,
}

impl TenantsApi {
    pub fn start(document: Value, weakness: Option<Weakness>) -> Self {
        let things: Arc<Mutex<Things>> = Arc::default();
        let api = Api { document, weakness, things: Arc::clone(&things) };
        let server = Server::start(move |request| api.reply(request));
        Self { url: server.url.clone(), things, _server: server }
    }

    /// Returns the number of existing things.
    pub fn things(&self) -> usize {
        self.things.lock().expect("the things").known.len()
    }
}

#[derive(Debug, Default)]
struct Things {
    next: u64,
    known: BTreeMap<String, Thing>,
}

#[derive(Debug, Clone)]
struct Thing {
    kind: String,
    tenant: String,
    name: String,
    /// The owner that it was created with.
    owner: Option<String>,
    /// The last change.
    body: Option<Value>,
}

struct Api {
    document: Value,
    weakness: Option<Weakness>,
    things: Arc<Mutex<Things>>,
}

/// A response: a refusal that is not due is a server error.
type Answer = (u16, Value);

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([4, 2, 2])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns a number as JSON has it, or the text if it has none like it.
fn number_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// Returns true if a member of a body is a number: one of those that take it is asked for it.
fn has_number(body: &Value, number: u64) -> bool {
    body.as_object().is_some_and(|members| members.values().any(|value| *value == number))
}

/// Returns true for an owner without the optional city.
fn lacks_city(said: &Said, body: &Value) -> bool {
    said.path.starts_with("/owners") && body.get("city").is_none()
}

fn refusal(status: u16) -> Answer {
    (status, json!({ "code": format!("e{status}"), "message": "refused" }))
}

impl Api {
    fn is(&self, weakness: Weakness) -> bool {
        self.weakness == Some(weakness)
    }

    fn reply(&self, request: &Received) -> Reply {
        let (path, query) = request.path_and_query();
        let is_list = path == "/owners/..%2F.." && request.method == "GET";
        if self.is(Weakness::EncodedParent) && is_list {
            return Reply::new(200, "text/html", "<html><body>The page of all</body></html>");
        }
        let breaks = match self.weakness {
            Some(Weakness::NotUtf8InQuery) => query.contains("%FF"),
            Some(Weakness::EscapeInQuery) => query.contains("%zz"),
            Some(Weakness::EscapeInPath) => path.ends_with("%F"),
            Some(Weakness::Head) => request.method == "HEAD",
            _ => false,
        };
        if breaks {
            return Reply::json(500, json!({}));
        }
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let is_read = request.method == "HEAD" && !self.is(Weakness::NoHead);
        let said = Said {
            method: if is_read { "GET".to_owned() } else { request.method.clone() },
            path: path.to_owned(),
            query,
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        let (status, body) = self.answer(&said);
        match status {
            204 => Reply::new(204, "application/json", ""),
            405 if self.is(Weakness::ShortAllow) => Reply::json(405, body).with("Allow", "GET"),
            405 if path.contains("/rename/") => Reply::json(405, body).with("Allow", "POST"),
            405 => Reply::json(405, body).with("Allow", "GET, POST, PUT, DELETE"),
            401 => Reply::json(401, body).with("WWW-Authenticate", "Bearer"),
            status => Reply::json(status, body),
        }
    }

    fn answer(&self, said: &Said) -> Answer {
        let segments: Vec<&str> = said.path.trim_start_matches('/').split('/').collect();
        let is_post = said.method == "POST";
        let (kind, id) = match segments.as_slice() {
            [kind] => (*kind, None),
            [kind, id] | [kind @ "owners", id, "rename", _] => (*kind, Some(*id)),
            _ => return refusal(404),
        };
        let path = match segments.as_slice() {
            ["owners", "approve"] if is_post => "/owners/approve".to_owned(),
            [_, _, _, _] => "/owners/{id}/rename/{newName}".to_owned(),
            _ => id.map_or_else(|| format!("/{kind}"), |_| format!("/{kind}/{{id}}")),
        };
        let Some(item) = self.document["paths"].get(&path) else {
            return if self.is(Weakness::MissingPath) { (500, json!({})) } else { refusal(404) };
        };
        let Some(operation) = item.get(said.method.to_ascii_lowercase()) else { return refusal(405) };
        let given = said.header("authorization").and_then(|it| it.strip_prefix("Bearer "));
        let given = match given {
            // `{"alg":"none"` and `{"alg":"HS256"`.
            Some(token) if self.is(Weakness::UnsignedToken) && token.starts_with("eyJhbGciOiJub25l") => {
                return (500, json!({}));
            }
            Some(token) if self.is(Weakness::AnySignature) && token.starts_with("eyJhbGciOiJIUzI1NiI") => {
                Some(TOKENS[0].1)
            }
            given => given,
        };
        let Some((role, _)) = TOKENS.iter().find(|(_, token)| Some(*token) == given) else {
            return refusal(401);
        };
        if *role == "guest" && !self.is(Weakness::PermitsAll) {
            return refusal(403);
        }
        let tenant = if *role == "stranger" { "second" } else { "first" };
        if let Some(answer) = self.of_query(operation, said) {
            return answer;
        }
        let body = match self.of_body(operation, said) {
            Ok(body) => body,
            Err(answer) => return answer,
        };
        match segments.as_slice() {
            ["owners", "approve"] if is_post => self.approve(tenant, &body.unwrap_or_default()),
            ["owners", id, "rename", name] => self.rename(tenant, id, name),
            _ => self.act(said, kind, id, tenant, body),
        }
    }

    fn approve(&self, tenant: &str, body: &Value) -> Answer {
        let things = self.things.lock().expect("the things");
        let Some(id) = body["id"].as_str() else { return refusal(400) };
        match things.known.get(id).is_some_and(|it| it.kind == "owners" && it.tenant == tenant) {
            true => (200, json!({})),
            false if self.is(Weakness::UnknownInAction) => (500, json!({})),
            false => refusal(404),
        }
    }

    fn rename(&self, tenant: &str, id: &str, name: &str) -> Answer {
        let mut things = self.things.lock().expect("the things");
        let is_own = |thing: &Thing| thing.kind == "owners" && thing.tenant == tenant;
        let is_taken =
            things.known.iter().any(|(other, thing)| other != id && is_own(thing) && thing.name == name);
        let Some(thing) = things.known.get_mut(id).filter(|thing| is_own(thing)) else {
            return refusal(404);
        };
        if is_taken {
            return if self.is(Weakness::TakenNameInPath) { (500, json!({})) } else { refusal(409) };
        }
        name.clone_into(&mut thing.name);
        (200, json!({ "id": id, "name": name }))
    }

    /// Returns what the API says to parameters that it refuses, or on which it breaks.
    fn of_query(&self, operation: &Value, said: &Said) -> Option<Answer> {
        let value = |name: &str| said.query.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let all = || said.query.iter().map(|(_, value)| value.as_str());
        let limit = value("limit").and_then(|limit| limit.parse::<f64>().ok());
        let (after, before) = (value("created_after"), value("created_before"));
        let bounds = after.zip(before);
        let breaks = match self.weakness.unwrap_or(Weakness::PermitsAll) {
            Weakness::TextInQuery => value("q").is_some(),
            Weakness::TextInHeader => said.header("x-note").is_some(),
            Weakness::NulInQuery => all().any(|value| value.contains('\0')),
            Weakness::BeyondAscii => all().any(|value| !value.is_ascii()),
            Weakness::UnknownOperand => value("made_by").is_some_and(|by| by == "IS:failspec"),
            Weakness::OversizedId => said.path.ends_with("/thing-99999999999999999999"),
            Weakness::NulInPath => said.path.contains("%00"),
            Weakness::NotUtf8InPath => said.path.contains("%FF"),
            Weakness::EncodedSlash => said.path.contains("failspec%2F"),
            Weakness::LongId => said.path.len() > 500,
            Weakness::UnbalancedQuery => value("q").is_some_and(|q| q.contains('\'')),
            Weakness::CutOffFilter => value("q").is_some_and(|q| q.starts_with('{') && !q.ends_with('}')),
            // An import asks one of those that are alike.
            Weakness::EmptyParameter => {
                ["limit", "page"].into_iter().filter_map(value).any(|value| value.is_empty())
            }
            Weakness::LeastOfSixtyFourBits => limit.is_some_and(|limit| limit < -9e18),
            Weakness::BeyondTheEnd => limit == Some(1e6),
            Weakness::EqualBounds => bounds.is_some_and(|(after, before)| after == before),
            Weakness::ReversedBounds => bounds.is_some_and(|(after, before)| after > before),
            Weakness::BeyondSixtyFourBits => limit.is_some_and(|limit| limit > 9.3e18),
            Weakness::NegativeCount => limit.is_some_and(|limit| limit < 0.0),
            Weakness::ZeroCount => limit == Some(0.0),
            Weakness::FractionCount => value("page").is_some_and(|page| page == "1.5"),
            Weakness::BeyondFloatInQuery => value("page").is_some_and(|page| page == "1e400"),
            Weakness::BlankId => said.path.ends_with("/%20"),
            Weakness::MalformedJsonParameter => {
                value("filter").is_some_and(|filter| serde_json::from_str::<Value>(filter).is_err())
            }
            _ => false,
        };
        let is_refused = self.is(Weakness::RefusesTexts) && value("q").is_some()
            || self.is(Weakness::RefusesNegative) && limit.is_some_and(|limit| limit < 0.0);
        breaks
            .then(|| (500, json!({})))
            .or_else(|| is_refused.then(|| refusal(400)))
            .or_else(|| self.refused_query(operation, said).then(|| refusal(400)))
    }

    fn refused_query(&self, operation: &Value, said: &Said) -> bool {
        let mut broken = Broken::default();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            let value = said.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            if let Some(schema) = parameter.pointer("/content/application~1json/schema") {
                let Some(text) = value.filter(|_| !self.is(Weakness::AnyJsonParameter)) else { continue };
                let read = serde_json::from_str::<Value>(text);
                broken.look("filter".to_owned(), read.is_err());
                broken.value("filter", schema, &read.unwrap_or_else(|_| json!({})));
                continue;
            }
            if parameter["schema"]["type"] == "array" {
                let items = said.query.iter().filter(|(known, _)| known == name);
                let read = |text: &str| text.parse::<f64>().map_or_else(|_| text.into(), |_| number_of(text));
                let mut items: Vec<Value> = items.map(|(_, text)| read(text)).collect();
                if self.is(Weakness::AnyItem) {
                    items.iter_mut().for_each(|item| *item = 1.into());
                }
                let is_short = self.is(Weakness::TooFewItems) && items.len() == 1;
                if !items.is_empty() && !is_short {
                    broken.value(name, &parameter["schema"], &Value::Array(items));
                }
                continue;
            }
            if parameter["schema"]["format"] == "date" {
                broken.look(format!("{name} format"), value.is_some_and(|value| !is_date(value)));
            }
            let cut = value.and_then(|value| Some(value.parse::<f64>().ok()?.trunc().to_string()));
            let value = cut.as_deref().filter(|_| self.is(Weakness::CutsFractions)).or(value);
            broken.parameter("", parameter, value);
        }
        !broken.rules.is_empty()
    }

    /// Returns the body.
    ///
    /// # Errors
    /// Returns what the API says to a body that it refuses, or on which it breaks.
    fn of_body(&self, operation: &Value, said: &Said) -> Result<Option<Value>, Answer> {
        let broken = Err((500, json!({})));
        let schema = operation.pointer("/requestBody/content/application~1json/schema");
        let Some(schema) = schema else { return Ok(None) };
        let text = String::from_utf8_lossy(&said.body);
        let media_type = said.header("content-type").unwrap_or_default();
        let breaks = match self.weakness {
            Some(Weakness::HalfACharacter) => text.contains("\\ud800"),
            Some(Weakness::NotANumber) => text.contains("NaN"),
            Some(Weakness::BeyondFloat) => text.contains("1e400"),
            Some(Weakness::InvalidUtf8) => std::str::from_utf8(&said.body).is_err(),
            Some(Weakness::EmptyBody) => text.is_empty() && media_type == "application/json",
            Some(Weakness::ListBody) => text == "[]",
            Some(Weakness::UnknownCharset) => media_type.contains("charset=failspec"),
            _ => false,
        };
        if breaks {
            return broken;
        }
        let is_json = media_type.starts_with("application/json") || self.is(Weakness::AnyMediaType);
        if !is_json && !said.body.is_empty() {
            return Err(refusal(415));
        }
        if self.is(Weakness::DeepBody) && said.body.iter().filter(|byte| **byte == b'[').count() > 1_000 {
            return broken;
        }
        let read = match self.is(Weakness::MoreBehindTheBody) {
            true => serde_json::Deserializer::from_slice(&said.body).into_iter::<Value>().next(),
            false => Some(serde_json::from_slice::<Value>(&said.body)),
        };
        let Some(Ok(mut body)) = read else { return Err(refusal(400)) };
        let texts: Vec<&str> =
            body.as_object().into_iter().flatten().filter_map(|it| it.1.as_str()).collect();
        let known = schema["properties"].as_object().expect("properties");
        let breaks = match self.weakness {
            Some(Weakness::NulInBody) => texts.iter().any(|text| text.contains('\0')),
            Some(Weakness::BeyondAscii) => texts.iter().any(|text| !text.is_ascii()),
            Some(Weakness::LongText) => texts.iter().any(|text| text.len() > 5_000),
            Some(Weakness::NullBody) => body.is_null(),
            Some(Weakness::ReadOnlyMember) => body.get("created_at").is_some(),
            Some(Weakness::AllowedNull) => body.get("nick") == Some(&Value::Null),
            Some(Weakness::DateOutOfRange) => {
                body["due"].as_str().is_some_and(|due| due.starts_with("0001-"))
            }
            Some(Weakness::BeyondThirtyTwoBits) => has_number(&body, 1 << 31),
            Some(Weakness::NullItem) => {
                body["tags"].as_array().is_some_and(|items| items.contains(&Value::Null))
            }
            Some(Weakness::FurtherMember) => {
                body.as_object().is_some_and(|entries| entries.keys().any(|key| !known.contains_key(key)))
            }
            Some(Weakness::BeyondSixtyFourBits) => body["age"].as_u64().is_some_and(|age| age > 1 << 63),
            Some(Weakness::LongForPattern) => body["code"].as_str().is_some_and(|code| code.len() == 10),
            Some(Weakness::NumberBeyondSixtyFourBits) => {
                body["weight"].as_u64().is_some_and(|weight| weight > 1 << 63)
            }
            Some(Weakness::UnknownItem) => {
                body["tags"][0].as_str().is_some_and(|tag| tag.starts_with("no-such"))
            }
            Some(Weakness::SameItemTwice) => {
                body["tags"].as_array().is_some_and(|tags| tags.len() == 2 && tags[0] == tags[1])
            }
            Some(Weakness::BreaksWithoutOptional) => body.is_object() && lacks_city(said, &body),
            Some(Weakness::SecondAlternative) => body["reward"].is_object(),
            Some(Weakness::HugeInteger) => body["age"].as_f64().is_some_and(|age| age > 1e200),
            Some(Weakness::EmptyObject) => body.as_object().is_some_and(Map::is_empty),
            Some(Weakness::UnknownBatch) => body["batch_id"] == 987_654_321,
            Some(Weakness::TimeWithoutOffset) => body["due"] == "2025-01-01T00:00:00",
            Some(Weakness::FilledObject) => body["labels"].as_object().is_some_and(|it| !it.is_empty()),
            Some(Weakness::HugeNumber) => body["weight"].as_f64().is_some_and(|weight| weight > 1e200),
            _ => false,
        };
        if breaks {
            return broken;
        }
        self.convert(&mut body);
        let mut refused = Broken::default();
        let is_wrong = self.refuses_what_is_allowed(&body, known, said);
        let is_no_time = body["due"].as_str().is_some_and(|due| !due.contains('T'));
        refused.look("the format of a time".to_owned(), is_no_time);
        refused.look("what the document allows".to_owned(), is_wrong);
        refused.value("body", schema, &body);
        if refused.rules.is_empty() { Ok(Some(body)) } else { Err(refusal(400)) }
    }

    /// Returns true if the API refuses a body that the document allows.
    fn refuses_what_is_allowed(&self, body: &Value, known: &Map<String, Value>, said: &Said) -> bool {
        match self.weakness {
            Some(Weakness::RefusesAllowedNull) => body.get("nick") == Some(&Value::Null),
            Some(Weakness::RefusesBeyondAscii) => {
                let is_beyond = |name: &&str| body[*name].as_str().is_some_and(|text| !text.is_ascii());
                ["note", "nick"].iter().any(is_beyond)
            }
            Some(Weakness::RefusesEmptyTexts) => body["note"] == "" || body["nick"] == "",
            Some(Weakness::RefusesListedValue) => body["mode"] == "late",
            Some(Weakness::RequiresOptional) => lacks_city(said, body),
            Some(Weakness::RefusesAlternative) => body["reward"].is_object(),
            Some(Weakness::RefusesBounds) => body["size"] == 1 || body["size"] == 9,
            Some(Weakness::RefusesFurtherMembers) => {
                body.as_object().is_some_and(|entries| entries.keys().any(|key| !known.contains_key(key)))
            }
            _ => false,
        }
    }

    /// Makes of what is wrong in a body what some frameworks make of it.
    fn convert(&self, body: &mut Value) {
        if self.is(Weakness::ConvertsTexts) || self.is(Weakness::CutsFractions) {
            for value in body.as_object_mut().into_iter().flat_map(Map::values_mut) {
                let number = value.as_str().and_then(|text| text.parse::<f64>().ok());
                match (self.weakness, number, value.as_f64()) {
                    (Some(Weakness::ConvertsTexts), Some(number), _) => *value = json!(number as i64),
                    (Some(Weakness::CutsFractions), None, Some(number)) => *value = json!(number as i64),
                    _ => {}
                }
            }
        }
        if self.is(Weakness::WrongInAlternative) && body["reward"].is_object() {
            body["reward"] = json!({ "label": "any" });
        }
        if self.is(Weakness::EmptyForPattern) && body["code"] == "" {
            body["code"] = "a".into();
        }
        if self.is(Weakness::WrongSecondItem)
            && let Some(tags) = body["tags"].as_array_mut()
        {
            tags.truncate(1);
        }
        if self.is(Weakness::NumberForText) {
            for value in body.as_object_mut().into_iter().flat_map(Map::values_mut) {
                if *value == 7 {
                    *value = "7".into();
                }
            }
        }
    }

    fn act(&self, said: &Said, kind: &str, id: Option<&str>, tenant: &str, body: Option<Value>) -> Answer {
        let mut things = self.things.lock().expect("the things");
        let reads_all = match (said.method.as_str(), id) {
            ("GET", None) => self.is(Weakness::ListsAll),
            ("GET", _) => self.is(Weakness::ReadsAll),
            ("PUT", _) => self.is(Weakness::ChangesAll),
            ("DELETE", _) => self.is(Weakness::RemovesAll),
            _ => false,
        };
        let is_seen = |thing: &Thing| thing.kind == kind && (reads_all || thing.tenant == tenant);
        let shown = |(id, thing): (&String, &Thing)| json!({ "id": id, "name": thing.name });
        if said.method == "GET" && id.is_none() {
            let list = things.known.iter().filter(|(_, thing)| is_seen(thing)).map(shown);
            return (200, list.collect());
        }
        if let Some(id) = id {
            let there = things.known.get(id).is_some_and(is_seen);
            let form = id.strip_prefix("thing-").is_some_and(|rest| rest.parse::<u64>().is_ok());
            if !there {
                return match self.is(Weakness::IdOfSameForm) && form && !things.known.contains_key(id) {
                    true => (500, json!({})),
                    false => refusal(404),
                };
            }
        }
        let owner = body.as_ref().and_then(|body| body.get("owner_id")).and_then(Value::as_str);
        let owner = owner.map(str::to_owned);
        let is_unknown = owner.as_ref().is_some_and(|owner| {
            things.known.get(owner).is_none_or(|thing| thing.tenant != tenant || thing.kind != "owners")
        });
        if is_unknown {
            return if self.is(Weakness::UnknownReference) { (500, json!({})) } else { refusal(400) };
        }
        let name = body.as_ref().and_then(|body| body["name"].as_str()).unwrap_or_default().to_owned();
        let is_taken = body.is_some()
            && things.known.iter().any(|(other, thing)| {
                thing.name == name
                    && thing.kind == kind
                    && thing.tenant == tenant
                    && Some(other.as_str()) != id
            });
        if is_taken {
            let weakness = if id.is_some() { Weakness::TakenName } else { Weakness::SecondOfAName };
            return if self.is(weakness) { (500, json!({})) } else { refusal(409) };
        }
        let Some(id) = id else {
            things.next += 1;
            let id = format!("thing-{}", 1_000 + things.next);
            let thing = Thing {
                kind: kind.to_owned(),
                tenant: tenant.to_owned(),
                name: name.clone(),
                owner,
                body: None,
            };
            things.known.insert(id.clone(), thing);
            let kept = body.as_ref().and_then(|body| body.get("created_at"));
            return match kept.filter(|_| self.is(Weakness::KeepsReadOnlyMember)) {
                Some(kept) => (201, json!({ "id": id, "name": name, "created_at": kept })),
                None => (201, json!({ "id": id, "name": name })),
            };
        };
        let uses = |thing: &Thing, id: &str| thing.owner.as_deref() == Some(id);
        let lost = |owner: &String| !things.known.contains_key(owner);
        let breaks = match (self.weakness, said.method.as_str()) {
            (Some(Weakness::RemovalOfOwner), "DELETE") => things.known.values().any(|thing| uses(thing, id)),
            (Some(Weakness::LostOwner), "GET") => {
                things.known.get(id).is_some_and(|thing| thing.owner.as_ref().is_some_and(lost))
            }
            _ => false,
        };
        if breaks {
            return (500, json!({}));
        }
        if said.method == "DELETE" {
            if !self.is(Weakness::KeepsRemoved) {
                things.known.remove(id);
            }
            return (204, Value::Null);
        }
        let Some(thing) = things.known.get_mut(id) else { return refusal(404) };
        if let Some(body) = body {
            if self.is(Weakness::SameChangeTwice) && thing.body.as_ref() == Some(&body) {
                return (500, json!({}));
            }
            (thing.name, thing.body) = (name, Some(body));
        }
        (200, json!({ "id": id, "name": thing.name }))
    }
}
