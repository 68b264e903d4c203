//! Refusals that are about another member of a body than the one with the fault, where no control shows that the API takes the request
//! without it: they prove nothing about the fault. Neither do those that name nothing, unless the run has such a request.

use std::collections::BTreeSet;

use failspec_base::message::Response;
use failspec_judge::check::{self, Record};
use failspec_pack::{
    openapi::{Declared, Operation},
    pack::{
        Control, Scenario,
        fault_kind::{self, FURTHER_MEMBER_NAME},
    },
};
use serde_json::Value;

use super::{
    accepted_bodies::{Form, Place, Unproven, differs_only_at, form_of_record, holders},
    case_runner::CaseRunner,
    refusal_hints::hints,
    refusal_mismatch::mismatched,
    refusal_names::{fold, members_in, speaks_of, words_of},
    refusal_quotes::{other_unknown, quotes, quotes_other},
    taken_texts::{asks_for_taken, is_taken},
};

/// Kinds of fault that are in no part of a request: the body is the valid one, and a refusal shows something only if the API takes it.
const OF_WHOLE: [&str; 6] = [
    fault_kind::FOLLOWED_BY_MORE,
    fault_kind::UNKNOWN_MEDIA_TYPE,
    fault_kind::PLAIN_TEXT,
    fault_kind::WITHOUT_MEDIA_TYPE,
    fault_kind::UNKNOWN_CHARSET,
    fault_kind::FURTHER_MEMBER,
];

/// Names of what such a fault is in, as refusals have them.
const WHOLES: [&str; 5] = ["mediaType", "contentType", "mimeType", "charset", FURTHER_MEMBER_NAME];

/// Kinds of fault of which a server says that what is named does not exist.
const OF_NOTHING: [&str; 5] = [
    fault_kind::UNKNOWN_ID,
    fault_kind::UNKNOWN_REFERENCE,
    fault_kind::ANOTHER_PARENT,
    fault_kind::ZERO_ID,
    fault_kind::NEGATIVE_ID,
];

/// Kinds of fault with which a body is no JSON for some parsers, and for others it is.
const OF_SYNTAX: [&str; 2] = [fault_kind::FOLLOWED_BY_MORE, fault_kind::NOT_A_NUMBER];

/// Words of a refusal that say that a body could not be read.
const SYNTAX: [&str; 13] = [
    "json",
    "syntax",
    "parse",
    "parsing",
    "unexpected",
    "token",
    "malformed",
    "trailing",
    "decode",
    "unmarshal",
    "deserialize",
    "character",
    "NaN",
];

/// Words of a refusal that say that the service does not offer what it names, whatever the values: `Email auth is not enabled`.
const SWITCHED_OFF: [&str; 9] = [
    "disabled",
    "notEnabled",
    "notActivated",
    "notConfigured",
    "notAvailable",
    "switchedOff",
    "turnedOff",
    "isOff",
    "notImplemented",
];

/// Words of a refusal that say that something is wrong with what it names.
const FAULTY: [&str; 12] = [
    "invalid",
    "missing",
    "required",
    "empty",
    "wrong",
    "bad",
    "exists",
    "duplicate",
    "taken",
    "unknown",
    "unsupported",
    "must",
];

impl CaseRunner<'_> {
    /// Returns why a refusal is not that of the fault: the names of the members that it is about. `None` if it may be, or if a
    /// request of the case without the fault was accepted.
    ///
    /// A refusal that does not say what it is about is remembered: it shows something if the run has a request without the fault that
    /// is accepted.
    pub(super) fn refused_for_another(&self, response: &Response) -> Option<String> {
        let scenario = &self.case.scenario;
        if !check::is_of_document(&self.session.pack.contract, scenario) {
            return None;
        }
        if self.is_refused_as_taken(response) {
            let why = "the refusal says that there is such a thing already, whatever else is wrong with the request";
            return Some(why.to_owned());
        }
        let fault = scenario.fault.as_deref().unwrap_or_default();
        let is_of_whole = is_of_whole(scenario);
        let part = scenario.part.as_deref();
        if response.status == 401 && self.has_accepted_credentials(part, response) {
            let why = "HTTP 401 is about the credentials, which are those of all requests of this role, whatever else is wrong with the request";
            return Some(why.to_owned());
        }
        if part.is_none() && !is_of_whole {
            return None;
        }
        let against = self.session.against.as_ref()?;
        let asked = self.observed.records.get(self.observed.judged)?;
        let (name, form) = form_of_record(against, asked)?;
        // The part of an alternative is its name behind that of the member; one of the whole body has other members.
        let part = match part.filter(|_| fault == fault_kind::ALTERNATIVE) {
            Some(part) => Some(member_of(&form, part)?),
            None => part,
        };
        let request = &asked.exchange.request;
        let operation = against.operation(&request.method, request.url.path())?;
        if let Some(other) =
            part.and_then(|part| other_unknown(&response.body, request, &operation.path, part))
        {
            return Some(format!(
                "the refusal is about {other}, which names nothing either, and not about {}, where the fault is",
                part.unwrap_or_default()
            ));
        }
        // What is not found is what another member names, if the refusal quotes that; but not where the fault is in what is asked for.
        let is_of_address = part.is_some_and(|part| operation.path.contains(&format!("{{{part}}}")));
        let may_miss = !is_of_address && !OF_NOTHING.contains(&fault);
        let is_by_code = self.session.refuses_by_code(response);
        let is_missing_thing = response.status == 404
            && may_miss
            && part.is_some_and(|part| quotes_other(&response.body, request, part));
        if !(may_be_about_values(response.status) || is_missing_thing || is_by_code) {
            return None;
        }
        let members = members_of(&against.declared, operation, &form);
        if operation.path.trim_end_matches('/').ends_with('}')
            && let [member, ..] = mismatched(&response.body, &members).as_slice()
        {
            return Some(format!(
                "the refusal says that {member} is not what the path says, whatever else is wrong with the request"
            ));
        }
        let is_of_part = |part: &str| {
            is_about(&response.body, part, &members) && !is_switched_off(&response.body, part)
                || quotes(&response.body, request, part)
        };
        let is_of_holder = part.is_some_and(|part| {
            !is_of_part(part) && holders(&form, part).any(|holder| speaks_of_holder(&response.body, holder))
        });
        let place = Place {
            part: part.or(is_of_whole.then_some(FURTHER_MEMBER_NAME)).map(str::to_owned),
            is_missing: fault == fault_kind::MISSING,
            is_of_holder,
        };
        let is_proof = |record: &Record| {
            let is_accepted = record
                .exchange
                .result
                .as_ref()
                .is_ok_and(|it| (200..300).contains(&it.status) && !self.session.refuses_by_code(it));
            is_accepted
                && form_of_record(against, record).is_some_and(|(other, accepted)| {
                    other == name && differs_only_at(&form, &accepted, &place)
                })
        };
        if form.is_path_alone() || self.observed.records.iter().any(is_proof) {
            return None;
        }
        let others = part.filter(|_| form.has_body).map(|part| about_others(&response.body, part, &members));
        let others = others.unwrap_or_default();
        if !others.is_empty() {
            return Some(format!(
                "the refusal is about {}, and not about {}, where the fault is; no request without the fault showed that the API \
                 takes the rest",
                others.join(", "),
                part.unwrap_or_default()
            ));
        }
        let says = |words: &[&str]| words.iter().any(|word| speaks_of(&response.body, word));
        let is_about_it = match part {
            _ if OF_SYNTAX.contains(&fault) && says(&SYNTAX) => true,
            Some(part) => is_of_part(part),
            None => says(&WHOLES),
        };
        if !is_about_it {
            let unproven = Unproven { case: self.case.index, operation: name, form, fault: place };
            self.session.await_proof(unproven);
        }
        None
    }

    /// Returns true if the request under test has the credentials of its role, the case does not ask about them, and the refusal does not
    /// name the part with the fault.
    fn has_accepted_credentials(&self, part: Option<&str>, response: &Response) -> bool {
        let (scenario, contract) = (&self.case.scenario, &self.session.pack.contract);
        let documents_401 = scenario.failure.is_some_and(|index| {
            contract.failures[index].statuses().iter().any(|status| status.exactly() == Some(401))
        });
        let asked = self.observed.records.get(self.observed.judged).map(|record| &record.exchange.request);
        let is_of_part = |part: &str| {
            speaks_of(&response.body, part)
                || asked.is_some_and(|request| quotes(&response.body, request, part))
        };
        let role = scenario.faulty.request.role.as_deref();
        let control = match &scenario.control {
            Control::Flow(control) => control.request.role.as_deref(),
            _ => role,
        };
        // Of a request without a fault, nothing follows from its refusal.
        let is_faulty = scenario.failure.is_some();
        is_faulty && role.is_some() && role == control && !documents_401 && !part.is_some_and(is_of_part)
    }

    /// Returns true if a body was refused for a name that another thing has, and the case does not ask about that: it says nothing of what
    /// the case is about.
    pub(super) fn is_refused_as_taken(&self, response: &Response) -> bool {
        let scenario = &self.case.scenario;
        let has_body = scenario.faulty.request.body.is_some();
        let is_asked = scenario.part.is_some() || scenario.should_be_accepted || is_of_whole(scenario);
        check::is_of_document(&self.session.pack.contract, scenario)
            && has_body
            && is_asked
            && !asks_for_taken(scenario)
            && is_taken(response)
    }
}

/// Returns true if what is wrong with the request of a case is in no part of it.
fn is_of_whole(scenario: &Scenario) -> bool {
    scenario.fault.as_deref().is_some_and(|fault| OF_WHOLE.contains(&fault))
}

/// Returns the part of a fault that is the name of a member of the body itself.
fn member_of<'p>(form: &Form, part: &'p str) -> Option<&'p str> {
    let names = form.members.iter().filter_map(|place| match place.as_slice() {
        [only] => Some(only.as_str()),
        _ => None,
    });
    let lengths = names.filter(|name| part.strip_prefix(name).is_some_and(|rest| rest.starts_with('_')));
    part.get(..lengths.map(str::len).max()?)
}

/// Returns true for a status of a refusal that may be about any value of a request. The others say what they are about.
fn may_be_about_values(status: u16) -> bool {
    matches!(status, 400 | 402 | 403 | 409 | 412 | 422 | 424)
}

/// Returns the names of the members that the body of an operation may have by its document, and of those that a request has.
fn members_of(declared: &Declared, operation: &Operation, form: &Form) -> Vec<String> {
    let named = properties_of(declared, operation);
    let sent = form.members.iter().filter_map(|place| place.last());
    let others = sent.chain(&form.query).cloned();
    named.into_iter().chain(others).collect::<BTreeSet<String>>().into_iter().collect()
}

/// Returns the names of the members that the document has for the body of an operation.
pub(super) fn properties_of(declared: &Declared, operation: &Operation) -> Vec<String> {
    let content = operation.body.iter().find(|content| content.is_json());
    let schema = content.and_then(|content| content.schema.as_ref());
    let schema = schema.map(|schema| declared.api.bundle.resolve(schema));
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// Minimum length of a word of a name that tells it from others.
const MIN_WORD: usize = 5;

/// Returns true if a refusal speaks of an object or a list of a body: by its name, that of one of its items, or a word of it.
fn speaks_of_holder(refusal: &[u8], holder: &[String]) -> bool {
    let Some(name) = holder.last() else { return false };
    let words = words_of(name).into_iter().map(String::from_iter).filter(|word| word.len() >= MIN_WORD);
    let one = name.strip_suffix('s').map(str::to_owned);
    words.chain(one).chain([name.clone()]).any(|word| speaks_of(refusal, &word))
}

/// Returns the members that a refusal is about, if none of them is the one with the fault, and it does not speak of that at all.
fn about_others(refusal: &[u8], part: &str, members: &[String]) -> Vec<String> {
    // The part of a nested member has the names of those that it is in before it.
    let words = part.split('_').map(str::to_owned);
    let all: Vec<String> = members.iter().cloned().chain([part.to_owned()]).chain(words.clone()).collect();
    let named = members_in(refusal, &all);
    if named.iter().any(|name| is_part(name, part) || words.clone().any(|word| fold(&word) == fold(name))) {
        return Vec::new();
    }
    let is_own = |step: &String| {
        let (step, part) = (step.to_ascii_lowercase(), part.to_ascii_lowercase());
        step == part || part.ends_with(&format!("_{step}")) || part.starts_with(&format!("{step}_"))
    };
    let found = hints(refusal, &[]);
    if found.iter().any(|hint| hint.path.iter().any(is_own)) {
        return Vec::new();
    }
    let known = found.iter().filter_map(|hint| hint.path.last());
    let known = known.filter(|name| members.iter().any(|member| fold(member) == fold(name)));
    let known: Vec<String> = known.cloned().collect();
    if !known.is_empty() {
        return known;
    }
    // Members that it says are missing, in a form that cannot be read; or the only one that it names, of which it does not say what is wrong
    // with it: `Invalid name`.
    let is_missing = || ["missing", "required"].iter().any(|word| speaks_of(refusal, word));
    match named.as_slice() {
        [_, _, ..] if is_missing() => named.into_iter().cloned().collect(),
        [only] if FAULTY.iter().any(|word| speaks_of(refusal, word)) => vec![(*only).clone()],
        _ => Vec::new(),
    }
}

/// Returns true if a response with 503 says that what it is about is switched off. That something is not available, an overloaded server
/// says, too.
pub(super) fn is_feature_switched_off(response: &Response) -> bool {
    let mut words = SWITCHED_OFF.iter().filter(|word| **word != "notAvailable");
    response.status == 503 && words.any(|word| speaks_of(&response.body, word))
}

/// Returns true if a refusal says that the service does not offer something, and that is no value of the part.
fn is_switched_off(refusal: &[u8], part: &str) -> bool {
    let is_part = |word: &str| fold(part).ends_with(&fold(word));
    SWITCHED_OFF.iter().any(|word| speaks_of(refusal, word) && !is_part(word))
}

/// Returns true if a refusal names the part with the fault: as a whole, by its own name, or by the way to it.
fn is_about(refusal: &[u8], part: &str, members: &[String]) -> bool {
    let all: Vec<String> = members.iter().cloned().chain([part.to_owned()]).collect();
    let is_own = |name: &str| {
        let end = format!("_{}", name.to_ascii_lowercase());
        // The name of a member within others, as the document has it.
        is_part(name, part)
            || part.to_ascii_lowercase().ends_with(&end) && members.iter().any(|it| it == name)
    };
    members_in(refusal, &all).into_iter().any(|name| is_own(name))
        || hints(refusal, &[]).iter().any(|hint| {
            is_part(&hint.path.join("_"), part) || hint.path.last().is_some_and(|name| is_own(name))
        })
}

fn is_part(name: &str, part: &str) -> bool {
    fold(name) == fold(part)
}

#[cfg(test)]
mod tests {
    use failspec_base::message::Response;

    use super::{about_others, is_about, is_feature_switched_off, is_switched_off, speaks_of_holder};

    #[test]
    fn a_refusal_that_names_another_member_alone_is_not_about_the_fault() {
        let members = ["name", "ownerEmail", "tasks"].map(str::to_owned);
        for (refusal, part, expected) in [
            (
                r#"{"validationErrors":[{"path":"ownerEmail","message":"ownerEmail cannot be empty"}]}"#,
                "name",
                &["ownerEmail"][..],
            ),
            (r#"{"message":"'ownerEmail' is required"}"#, "tasks_name", &["ownerEmail"]),
            // It is about the fault, alone or beside others.
            (
                r#"{"errors":[{"path":"ownerEmail","message":"is required"},{"path":"name","message":"is required"}]}"#,
                "name",
                &[],
            ),
            (r#"{"message":"name must be a string"}"#, "name", &[]),
            (r#"{"errors":[{"path":"/tasks/0/name","message":"is required"}]}"#, "tasks_name", &[]),
            (r#"{"message":"Invalid name"}"#, "tasks", &["name"]),
            (r#"{"message":"Missing field(s): name"}"#, "tasks", &["name"]),
            (r#"{"message":"Invalid length for name."}"#, "tasks", &["name"]),
            (r#"{"message":"Invalid name"}"#, "name", &[]),
            (r#"{"message":"Invalid name or tasks"}"#, "ownerEmail", &[]),
            (
                r#"{"message":"required-parameters-missing, name ownerEmail"}"#,
                "tasks",
                &["name", "ownerEmail"],
            ),
            (r#"{"message":"required-parameters-missing, name tasks"}"#, "tasks", &[]),
            (r#"{"message":"no such name"}"#, "tasks", &[]),
            (r#"{"message":"Owner email is required"}"#, "tasks", &["ownerEmail"]),
            (r#"{"message":"invalid Owner-Email address"}"#, "ownerEmail", &[]),
            (r#"{"message":"invalid owner-email name"}"#, "tasks", &[]),
            // It says nothing of any member.
            (r#"{"message":"Bad Request"}"#, "name", &[]),
            (r#"{"errors":[{"path":"elsewhere","message":"is required"}]}"#, "name", &[]),
            ("", "name", &[]),
        ] {
            assert_eq!(about_others(refusal.as_bytes(), part, &members), expected, "{refusal} · {part}");
        }
    }

    #[test]
    fn a_member_within_the_name_of_another_is_not_named() {
        let members = ["to", "ReplyTo", "id", "messageId", "text"].map(str::to_owned);
        for (said, part, expected) in [
            ("invalid Reply-To address", "text", &["ReplyTo"][..]),
            ("Message ID is required", "text", &["messageId"]),
            ("invalid Reply-To address", "ReplyTo", &[]),
            ("invalid to", "text", &["to"]),
        ] {
            assert_eq!(about_others(said.as_bytes(), part, &members), expected, "{said} · {part}");
        }
    }

    #[test]
    fn a_503_may_say_that_a_feature_is_switched_off() {
        for (status, said, expected) in [
            (503, r#"{"detail":"Block explorer is not enabled."}"#, true),
            (503, r#"{"detail":"Search is disabled"}"#, true),
            (503, r#"{"detail":"Service not available"}"#, false),
            (503, "Service Unavailable", false),
            (503, "", false),
            // It broke.
            (500, r#"{"detail":"Block explorer is not enabled."}"#, false),
        ] {
            let response = Response::new(status, http::HeaderMap::new(), said.as_bytes().to_vec());
            assert_eq!(is_feature_switched_off(&response), expected, "{status} {said}");
        }
    }

    #[test]
    fn a_refusal_of_what_the_service_does_not_offer_is_about_no_value() {
        for (said, part, expected) in [
            (r#"{"msg":"Email auth is not enabled"}"#, "email", true),
            (r#"{"msg":"email login is disabled"}"#, "email", true),
            (r#"{"error":"SMTP: email not configured"}"#, "email", true),
            // It is about a value.
            (r#"{"msg":"email is not valid"}"#, "email", false),
            (r#"{"msg":"disabled must be a boolean"}"#, "disabled", false),
            (r#"{"msg":"user_disabled must be a boolean"}"#, "user_disabled", false),
            ("", "email", false),
        ] {
            assert_eq!(is_switched_off(said.as_bytes(), part), expected, "{said} · {part}");
        }
    }

    #[test]
    fn a_refusal_speaks_of_what_a_member_is_in() {
        for (said, holder, expected) in [
            ("only Apple Live Photo motion metadata can be provided by clients", "motionMedia", true),
            ("media_metadata is only supported for image and video attachments", "mediaMetadata", true),
            (r#"invalid attachment name: invalid request """#, "attachments", true),
            ("invalid Media Metadata", "mediaMetadata", true),
            ("invalid", "attachments", false),
            (r#"{"code":"invalid","message":"the request is invalid"}"#, "inner", false),
            ("Bad Request", "mediaMetadata", false),
        ] {
            assert_eq!(
                speaks_of_holder(said.as_bytes(), &[holder.to_owned()]),
                expected,
                "{said} · {holder}"
            );
        }
    }

    #[test]
    fn a_refusal_of_others_in_the_field_is_not_about_the_fault() {
        let members = [
            "type",
            "value",
            "cid",
            "username",
            "password",
            "name",
            "attachments",
            "filename",
            "motionMedia",
            "role",
            "mediaMetadata",
            "width",
            "hash",
            "commitMetaOfHEAD",
            "message",
            "tag",
        ]
        .map(str::to_owned);
        const RULES: &str = r#"{"status":{"code":"bad-request","message":"error:required-parameters-missing, cid value"},"response":{"params":["cid","value"]}}"#;
        const LOGIN: &str = r#"{"status":{"code":"bad-request","message":"error:required-parameters-missing, password"},"response":{"params":["password"]}}"#;
        const LIVE: &str = r#"{"code":3,"message":"only Apple Live Photo motion metadata can be provided by clients","details":[]}"#;
        const MEDIA: &str = r#"{"code":3,"message":"media_metadata is only supported for image and video attachments","details":[]}"#;
        const NAME: &str =
            r#"{"code":3,"message":"invalid attachment name: invalid request \"\"","details":[]}"#;
        const COMMIT: &str = r#"{"status":404,"reason":"Not Found","message":"Commit 'abcdef42' not found","errorCode":"REFERENCE_NOT_FOUND"}"#;
        for (said, part, expected) in [
            (RULES, "type", false),
            (RULES, "cid", true),
            (LOGIN, "username", false),
            (LIVE, "motionMedia_role", false),
            (MEDIA, "mediaMetadata_width", false),
            (NAME, "attachments_filename", false),
            (NAME, "attachments_type", false),
            (NAME, "attachments_name", true),
            (COMMIT, "commitMetaOfHEAD_hash", false),
            // Other spellings, a pointer, a list of fields.
            (r#"{"message":"motion_media.role is unknown"}"#, "motionMedia_role", true),
            (r#"{"message":"media metadata: Width must be a number"}"#, "mediaMetadata_width", true),
            (
                r#"{"errors":[{"field":"media_metadata.width","message":"must be a number"}]}"#,
                "mediaMetadata_width",
                true,
            ),
            (
                r#"{"errors":[{"pointer":"/mediaMetadata/width","detail":"must be a number"}]}"#,
                "mediaMetadata_width",
                true,
            ),
            (
                r#"{"detail":[{"loc":["body","attachments",0,"filename"],"msg":"Field required"}]}"#,
                "attachments_filename",
                true,
            ),
            (
                r#"{"commitMetaOfHEAD":{"message":["This field is required."]}}"#,
                "commitMetaOfHEAD_message",
                true,
            ),
            (r#"{"message":"commit_meta_of_head is not a valid object"}"#, "commitMetaOfHEAD", true),
        ] {
            assert_eq!(is_about(said.as_bytes(), part, &members), expected, "{said} · {part}");
        }
    }

    #[test]
    fn a_refusal_is_about_the_fault_if_it_names_that() {
        let members = ["name", "uuids", "list_uuids", "keys", "kid", "type"].map(str::to_owned);
        for (said, part, expected) in [
            ("Invalid name", "name", true),
            (r#"{"errors":[{"path":"/keys/0/kid","message":"is required"}]}"#, "keys_kid", true),
            ("kid is wrong", "keys_kid", true),
            // It may be about the whole item, or about something else.
            ("invalid keys", "keys_kid", false),
            ("invalid uuids", "list_uuids", true),
            ("invalid list-uuids", "list_uuids", true),
            ("Invalid Chatflow Type", "name", false),
            ("Bad Request", "name", false),
            ("", "name", false),
        ] {
            assert_eq!(is_about(said.as_bytes(), part, &members), expected, "{said} · {part}");
        }
    }
}
