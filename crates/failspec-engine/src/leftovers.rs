//! The difference between a resource that a case removed and one that a teardown did not find.

use serde_json::Value;
use url::Url;

use failspec_base::{
    encoding::percent_decode,
    message::{Request, is_safe},
    template::Scope,
};
use failspec_judge::check::{self, Phase, Record};
use failspec_pack::pack::RequestTemplate;

use super::{
    case_runner::CaseRunner,
    request_builder::{Extra, build},
    teardown::tells_id,
};

impl CaseRunner<'_> {
    /// Returns true if a teardown rightly removed nothing (404, 410, or a refusal where nothing was made): a request of the case removed the
    /// resource, or none created it. Otherwise the request may have gone to the wrong place, and something is left.
    pub(super) fn is_gone(&self, teardown: &Record, template: &RequestTemplate, scope: &Scope) -> bool {
        let Ok(response) = &teardown.exchange.result else { return false };
        if !matches!(response.status, 400 | 401 | 403 | 404 | 410 | 422 | 500..600) {
            return false;
        }
        if let Some(is_gone) = self.is_gone_by_body(&teardown.exchange.request, teardown.phase) {
            return is_gone;
        }
        let url = &teardown.exchange.request.url;
        let is_control = teardown.phase.is_of_control();
        let of_flow = |record: &&Record| record.phase.is_of_control() == is_control;
        let records = || self.observed.records.iter().filter(of_flow);
        let removes = |record: &&Record| {
            record.exchange.request.method == "DELETE" && names_same(&record.exchange.request.url, url)
        };
        // The API may know it by the name that the run gave.
        let by_name = |record: &&Record| {
            let request = &record.exchange.request;
            let folder = |url: &Url| {
                let path = url.path().trim_end_matches('/');
                path.rsplit_once('/').map(|(folder, _)| folder.to_owned())
            };
            let is_beside = folder(&request.url) == folder(url);
            request.method == "DELETE" && is_beside && last_segment(&request.url).contains(scope.unique())
        };
        if records().filter(|record| removes(record) || by_name(record)).any(is_success) {
            return true;
        }
        let may_have_made = |record: &&Record| {
            let is_refused = record.exchange.result.as_ref().is_ok_and(|it| (400..500).contains(&it.status));
            !record.phase.is_teardown() && !is_safe(&record.exchange.request.method) && !is_refused
        };
        // An API may refuse an id of another form, or the role of the request, before it looks for it.
        if matches!(response.status, 400 | 401 | 403 | 422) {
            return records().find(may_have_made).is_none();
        }
        // It may break on whatever id it does not have, as it did when this one was to be made or changed.
        if response.status >= 500 {
            let breaks_too = |record: &Record| {
                let request = &record.exchange.request;
                let is_broken = record.exchange.result.as_ref().is_ok_and(|it| it.status >= 500);
                let is_at_id = request.url == *url || request.method == "POST";
                matches!(request.method.as_str(), "PUT" | "PATCH" | "POST") && is_at_id && is_broken
            };
            let id = last_segment(url);
            let is_about_it = |record: &&Record| {
                let request = &record.exchange.request;
                request.url == *url || names(request, &id) || response_names(record, &id)
            };
            return records().filter(may_have_made).filter(is_about_it).all(breaks_too);
        }
        let creates = |record: &&Record| {
            let method = &record.exchange.request.method;
            !record.phase.is_teardown() && !is_safe(method) && method != "DELETE"
        };
        // What a request to this very address was refused to make, such as a link, is not what was made in another collection.
        let is_refused_here =
            records().filter(creates).any(|it| it.exchange.request.url == *url && !is_success(it));
        let is_above = |record: &&Record| {
            let collection = record.exchange.request.url.path().trim_end_matches('/');
            !is_refused_here || url.path().starts_with(collection)
        };
        let mut created = records().filter(creates).filter(|it| is_success(it)).filter(is_above);
        let is_captured = template.names_in_path().any(|name| scope.is_captured(name));
        let id = last_segment(url);
        // What has a name of the run was removed where it was made, and is not at another address as well.
        let is_elsewhere = |record: &Record| {
            let request = &record.exchange.request;
            request.method == "DELETE" && last_segment(&request.url) == id && is_success(record)
        };
        if !is_captured && id.contains(scope.unique()) && records().any(is_elsewhere) {
            return true;
        }
        !is_captured && !created.any(|record| names(&record.exchange.request, &id))
    }

    /// Returns true if no request of a flow can have made what this request of a teardown would remove: those that name it were
    /// refused, or never sent.
    pub(super) fn was_never_made(&self, template: &RequestTemplate, scope: &Scope, phase: Phase) -> bool {
        let is_captured = template.names_in_path().any(|name| scope.is_captured(name));
        if template.line.method != "DELETE"
            || is_captured
            || !check::is_of_document(&self.session.pack.contract, &self.case.scenario)
        {
            return false;
        }
        let Ok(request) = build(template, None, scope, &self.session.target, &Extra::default()) else {
            return false;
        };
        let id = last_segment(&request.url);
        let of_flow =
            self.observed.records.iter().filter(|it| it.phase.is_of_control() == phase.is_of_control());
        let mut made = of_flow.filter(|record| {
            let is_refused = record.exchange.result.as_ref().is_ok_and(|it| (400..500).contains(&it.status));
            !record.phase.is_teardown() && !is_safe(&record.exchange.request.method) && !is_refused
        });
        !made.any(|record| {
            let sent = &record.exchange.request;
            let body = sent.body.as_ref().map(|body| String::from_utf8_lossy(&body.bytes));
            sent.url.path() == request.url.path()
                || names(sent, &id)
                || body.is_some_and(|body| body.contains(scope.unique()))
        })
    }

    /// Returns true if the response to a request of the case says that it made what this request of a teardown should have removed.
    pub(super) fn is_confirmed(&self, teardown: &Record) -> bool {
        let url = &teardown.exchange.request.url;
        let id = last_segment(url);
        self.observed.records.iter().any(|record| {
            let request = &record.exchange.request;
            let creates =
                !record.phase.is_teardown() && !is_safe(&request.method) && request.method != "DELETE";
            let is_about_it = || request.url == *url || names(request, &id) || response_names(record, &id);
            creates && is_success(record) && is_about_it()
        })
    }

    /// Returns true if a request of the case has removed what this request of a teardown would remove, and no later one
    /// made it anew. It is not removed again: a server uses numbers again, and somebody else may have this one by now.
    pub(super) fn was_removed(&self, template: &RequestTemplate, scope: &Scope, phase: Phase) -> bool {
        if template.line.method != "DELETE" {
            return false;
        }
        let Ok(request) = build(template, None, scope, &self.session.target, &Extra::default()) else {
            return false;
        };
        was_removed(&self.observed.records, &request.url, phase)
    }

    /// Returns true if a teardown removed what a request created that should have been rejected: the resource that it was
    /// sent to, or the one of the collection that its response names. To have removed another one of the collection, which
    /// the setup made, is not enough. What is below a resource went with it.
    pub(super) fn is_removed(&self, creation: &Record) -> bool {
        self.removals_of(creation).any(is_success)
    }

    /// Returns true if a teardown asked for the removal of what a request created, whatever came of it.
    pub(super) fn was_tried(&self, creation: &Record) -> bool {
        self.removals_of(creation).next().is_some()
    }

    fn removals_of<'a>(&'a self, creation: &'a Record) -> impl Iterator<Item = &'a Record> {
        let url = &creation.exchange.request.url;
        let is_post = creation.exchange.request.method == "POST";
        let operation = self.session.operation_of(&creation.exchange.request).filter(|_| is_post);
        let known = operation.and_then(|operation| self.session.known_creation(&operation));
        // The things of a collection may have another address, without that of the collection in it.
        let elsewhere = known.and_then(|known| known.removal.as_ref()).map(|path| format!("DELETE {path}"));
        let has_another_id = creation.exchange.result.as_ref().is_ok_and(tells_id);
        let collection = format!("{}/", url.path().trim_end_matches('/'));
        self.observed.records.iter().filter(move |record| {
            let request = &record.exchange.request;
            let removed = request.url.path().trim_end_matches('/');
            let below = url.path().strip_prefix(removed);
            let is_same = below.is_some_and(|below| below.is_empty() || below.starts_with('/'));
            // What is removed by the query of the path of its collection is told by the id there.
            let named = id_in_query(&request.url).filter(|_| below == Some("") && is_post);
            let is_same = is_same && named.is_none_or(|id| response_names(creation, &id));
            // A response need not tell the name that the request gave. If it tells another one, and a setup had given that name
            // before, there were two, and one is left.
            let is_own = |id: &str| {
                response_names(creation, id)
                    || self.session.is_id_of_run(id)
                        && names(&creation.exchange.request, id)
                        && !(has_another_id && self.is_of_setup(id))
            };
            // The version of a thing may stand behind its id: `main@4f2a`.
            let is_of_it = |segment: &str| {
                let id = percent_decode(segment);
                is_own(&id) || id.rsplit_once('@').is_some_and(|(id, _)| is_own(id))
            };
            let is_item = || match removed.strip_prefix(&collection) {
                Some(item) => item.split('/').any(is_of_it),
                None => {
                    elsewhere.is_some()
                        && self.session.operation_of(request) == elsewhere
                        && is_of_it(removed.rsplit('/').next().unwrap_or_default())
                }
            };
            record.phase.is_teardown()
                && (request.method == "DELETE" && (is_same || is_post && is_item())
                    || self.removes_by_body(record, creation))
        })
    }
}

/// Returns true if a request of the same flow as `phase` has removed what has the address `url`, and no later one made it
/// anew, or showed another role that it is still there.
fn was_removed(records: &[Record], url: &Url, phase: Phase) -> bool {
    let of_flow = |record: &&Record| record.phase.is_of_control() == phase.is_of_control();
    let succeeded = records.iter().filter(of_flow).filter(|record| is_success(record));
    let succeeded: Vec<&Record> = succeeded.collect();
    let removes = |record: &&Record| {
        record.exchange.request.method == "DELETE" && names_same(&record.exchange.request.url, url)
    };
    let Some(last) = succeeded.iter().rposition(removes) else { return false };
    // What is removed by the query of the path at which it was made has its id there.
    let is_made_there = |record: &&Record| {
        let request = &record.exchange.request;
        request.method == "POST" && request.url.path() == url.path()
    };
    let in_query = id_in_query(url).filter(|_| succeeded.iter().any(is_made_there));
    let (id, remover) = (in_query.unwrap_or_else(|| last_segment(url)), &succeeded[last].role);
    !succeeded[last + 1..].iter().any(|record| {
        let request = &record.exchange.request;
        let creates = !is_safe(&request.method) && request.method != "DELETE";
        // The API said yes to a stranger, and the owner still has it.
        let still_has = is_safe(&request.method) && request.url == *url && record.role != *remover;
        still_has || creates && (names(request, &id) || response_names(record, &id))
    })
}

/// Returns true if two removals name the same thing: by their path, and by an id in the query if both have one there.
fn names_same(one: &Url, other: &Url) -> bool {
    let ids = id_in_query(one).zip(id_in_query(other));
    one.path() == other.path() && ids.is_none_or(|(one, other)| one == other)
}

/// Returns the id that the query of a URL names.
fn id_in_query(url: &Url) -> Option<String> {
    const ENDS: [&str; 5] = ["name", "key", "slug", "uuid", "id"];
    let mut pairs = url.query_pairs();
    let is_id = |name: &str| ENDS.iter().any(|end| name.to_ascii_lowercase().ends_with(end));
    pairs.find(|(name, _)| is_id(name)).map(|(_, value)| value.into_owned())
}

fn is_success(record: &Record) -> bool {
    record.exchange.result.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
}

/// Returns the last part of the path of a URL, decoded. A `/` at the end is none: `/things/7/` is about the thing 7.
pub(super) fn last_segment(url: &Url) -> String {
    let id = url.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    percent_encoding::percent_decode_str(id).decode_utf8_lossy().into_owned()
}

/// Returns true if the response to a request names an id: at the end of `Location`, or in its body under a key that
/// identifies. Any other number may be the same by chance.
pub(super) fn response_names(record: &Record, id: &str) -> bool {
    let Ok(response) = &record.exchange.result else { return false };
    let location = response.combined_header("location");
    let last = |location: &str| -> Option<String> {
        location.split(['?', '#']).next()?.trim_end_matches('/').rsplit('/').next().map(str::to_owned)
    };
    location.is_some_and(|location| last(&location).as_deref() == Some(id))
        || response.document().value.as_ref().is_some_and(|value| identifies(value, id))
}

/// Returns true if a member somewhere in `value`, with a name that identifies, is `id`.
fn identifies(value: &Value, id: &str) -> bool {
    const IDENTIFYING: [&str; 6] = ["id", "uuid", "number", "name", "key", "slug"];
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let is_identifying = IDENTIFYING.iter().any(|ending| name.ends_with(ending));
            (is_identifying && !value.is_array() && !value.is_object() && contains(value, id))
                || identifies(value, id)
        }),
        Value::Array(items) => items.iter().any(|item| identifies(item, id)),
        _ => false,
    }
}

/// Returns true if a request names an id: as the last part of its path, or as a value in its body.
pub(super) fn names(request: &Request, id: &str) -> bool {
    let in_path = request.url.path_segments().and_then(|mut segments| segments.next_back());
    let body = request.body.as_ref().map(|body| &body.bytes[..]).unwrap_or_default();
    let in_form = || url::form_urlencoded::parse(body).any(|(_, value)| value == id);
    // The version of a thing may stand behind its id: `main@4f2a`.
    let is_own =
        |part: &str| part.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with('@'));
    in_path.is_some_and(|part| is_own(&percent_encoding::percent_decode_str(part).decode_utf8_lossy()))
        || match serde_json::from_slice::<Value>(body) {
            Ok(value) => contains(&value, id),
            Err(_) => in_form(),
        }
}

/// Returns true if a scalar somewhere in `value` is `id`.
fn contains(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Number(number) => number.to_string() == id,
        Value::Array(items) => items.iter().any(|item| contains(item, id)),
        Value::Object(members) => members.values().any(|member| contains(member, id)),
        Value::Null | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use failspec_base::message::{Exchange, Response};
    use http::HeaderMap;

    use super::*;

    /// Returns the record of a request and its response: `POST /things 201 {"id":7}`. `bob as DELETE …` has a role.
    fn record(line: &str) -> Record {
        let (role, line) =
            line.split_once(" as ").map_or((None, line), |(role, line)| (Some(role.to_owned()), line));
        let mut words = line.splitn(4, ' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let (control, path) = path.strip_prefix("control:").map_or((false, path), |path| (true, path));
        let url: Url = format!("http://api.test{path}").parse().unwrap();
        let request = Request::new(method, url);
        let status = words.next().unwrap().parse().unwrap();
        let mut headers = HeaderMap::new();
        let mut body = words.next().unwrap_or_default();
        if let Some(location) = body.strip_prefix("at ") {
            headers.insert("location", location.parse().unwrap());
            body = "";
        }
        headers.insert("content-type", "application/json".parse().unwrap());
        Record {
            phase: if control { Phase::Control } else { Phase::Request },
            role,
            exchange: Exchange {
                request,
                result: Ok(Response::new(status, headers, body.to_owned())),
                elapsed: Duration::ZERO,
                connection: None,
                resent: false,
            },
            rerun: None,
            completed: None,
            same_as: None,
        }
    }

    #[test]
    fn security_what_was_removed_is_not_removed_again() {
        const MADE: &str = "POST /things 201 {\"id\":7}";
        const GONE: &str = "DELETE /things/7 204";
        let cases: &[(&str, &[&str], bool)] = &[
            ("never removed", &[MADE], false),
            ("removed", &[MADE, GONE], true),
            ("removed, with a body", &[MADE, "DELETE /things/7 200 {\"id\":7}"], true),
            ("not removed: refused", &[MADE, "DELETE /things/7 409"], false),
            ("not removed: it was not there", &[MADE, "DELETE /things/7 404"], false),
            ("another one was removed", &[MADE, "DELETE /things/8 204"], false),
            ("one of another collection was removed", &[MADE, "DELETE /others/7 204"], false),
            ("a part of it was removed", &[MADE, "DELETE /things/7/parts 204"], false),
            ("its control removed it", &[MADE, "DELETE control:/things/7 204"], false),
            ("made anew, as the body says", &[MADE, GONE, MADE], false),
            ("made anew, as `Location` says", &[MADE, GONE, "POST /things 201 at /things/7"], false),
            ("made anew at its address", &[MADE, GONE, "PUT /things/7 201"], false),
            ("another one was made after that", &[MADE, GONE, "POST /things 201 {\"id\":8}"], true),
            ("the number is that of something else", &[MADE, GONE, "POST /things 201 {\"count\":7}"], true),
            ("it was not made anew: refused", &[MADE, GONE, "POST /things 409 {\"id\":7}"], true),
            ("it was only read", &[MADE, GONE, "GET /things/7 200 {\"id\":7}"], true),
            ("its owner still has it", &[MADE, "bob as DELETE /things/7 204", "GET /things/7 200"], false),
            ("its owner has it no longer", &[MADE, "bob as DELETE /things/7 204", "GET /things/7 404"], true),
            ("its owner has another", &[MADE, "bob as DELETE /things/7 204", "GET /things/8 200"], true),
            ("removed twice", &[MADE, GONE, MADE, GONE], true),
        ];
        let url: Url = "http://api.test/things/7".parse().unwrap();
        for (about, lines, expected) in cases {
            let records: Vec<Record> = lines.iter().map(|line| record(line)).collect();
            assert_eq!(was_removed(&records, &url, Phase::Teardown), *expected, "{about}");
        }
        // Its own teardown removes what a control made.
        let records = [record("DELETE control:/things/7 204")];
        assert!(was_removed(&records, &url, Phase::ControlTeardown));
    }
    #[test]
    fn what_is_removed_by_a_query_is_told_by_the_id_there() {
        const MADE: &str = "POST /keys 200 {\"key\":{\"id\":\"7\"}}";
        const GONE: &str = "DELETE /keys?id=7 200";
        const OTHER: &str = "POST /keys 200 {\"key\":{\"id\":\"8\"}}";
        let url: Url = "http://api.test/keys?id=7".parse().unwrap();
        let cases: &[(&str, &[&str], bool)] = &[
            ("removed", &[MADE, GONE], true),
            ("another one was removed", &[MADE, "DELETE /keys?id=8 200"], false),
            ("another one was made after that", &[MADE, GONE, OTHER], true),
            ("it was made anew", &[MADE, GONE, MADE], false),
        ];
        for (about, lines, expected) in cases {
            let records: Vec<Record> = lines.iter().map(|line| record(line)).collect();
            assert_eq!(was_removed(&records, &url, Phase::Teardown), *expected, "{about}");
        }
    }
}
