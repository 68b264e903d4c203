//! Comparison of two contracts.

use std::collections::BTreeMap;

use serde_json::Value;

use failspec_pack::pack::{
    CHANGES, Contract, Envelope, Failure, HeaderRule, Pack, Pointer, Sourced, Stability, StatusPattern,
    show_statuses,
};

use super::{
    comparison::{Comparison, Difference},
    schema::{self, Side},
};

/// Compares two contracts and groups the changes by their effect on clients. The older contract can override the
/// default class of a kind of change, because clients rely on what it promised.
pub fn contracts(old: &Pack, new: &Pack) -> Comparison {
    let mut changes = Changes { old, new, found: Vec::new() };
    changes.whole();
    changes.failures();
    changes.operations();
    let mut comparison = Comparison::new(format!("{} → {}", old.label(), new.label()));
    let titles = [
        (Stability::Breaking, "breaking", true),
        (Stability::NotBreaking, "not breaking", false),
        (Stability::Documentation, "documentation only", false),
    ];
    for (class, title, counts) in titles {
        let of_class = changes.found.iter().filter(|(known, _)| *known == class);
        comparison.group(title, counts, of_class.map(|(_, difference)| difference.clone()).collect());
    }
    comparison
}

struct Changes<'a> {
    old: &'a Pack,
    new: &'a Pack,
    found: Vec<(Stability, Difference)>,
}

fn shown(code: Option<&Value>) -> String {
    code.map_or_else(
        || "none".to_owned(),
        |code| code.as_str().map_or_else(|| code.to_string(), str::to_owned),
    )
}

fn statuses(failure: &Failure) -> Vec<StatusPattern> {
    let mut statuses = failure.statuses().to_vec();
    statuses.sort_unstable();
    statuses
}

impl<'a> Changes<'a> {
    fn note(&mut self, kind: &str, subject: &str, message: String, failure: Option<&Failure>) {
        let usual = CHANGES.iter().find(|it| it.name == kind).map_or(Stability::Breaking, |it| it.stability);
        let class = self.old.contract.stability.get(kind).copied().unwrap_or(usual);
        let difference = Difference::new(kind, subject, message);
        let difference = match failure {
            Some(failure) => difference.at(failure.place.source.name(), failure.place.line()),
            None => difference,
        };
        if !self.found.iter().any(|(_, known)| *known == difference) {
            self.found.push((class, difference));
        }
    }

    fn whole(&mut self) {
        let (old, new) = (&self.old.contract, &self.new.contract);
        match (old.codes_open, new.codes_open) {
            (false, true) => {
                self.note("codes_opened", "codes", "unlisted codes are now possible".into(), None);
            }
            (true, false) => {
                self.note("codes_closed", "codes", "unlisted codes are no longer possible".into(), None);
            }
            _ => {}
        }
        if success(old) != success(new) {
            let message = format!("success changed from {} to {}", success(old), success(new));
            self.note("success_changed", "success", message, None);
        }
        self.envelope(&old.envelope, &new.envelope, "envelope", None);
        let errata = |contract: &Contract| -> Vec<String> {
            contract.errata.iter().map(|it| it.about.clone()).collect()
        };
        let (before, now) = (errata(old), errata(new));
        for about in now.iter().filter(|it| !before.contains(it)) {
            self.note("errata_changed", "errata", format!("new: {about}"), None);
        }
        for about in before.iter().filter(|it| !now.contains(it)) {
            self.note("errata_changed", "errata", format!("removed: {about}"), None);
        }
    }

    fn failures(&mut self) {
        let (old, new) = (&self.old.contract.failures, &self.new.contract.failures);
        let mut taken = vec![false; new.len()];
        let mut pairs: Vec<(&'a Failure, Option<usize>)> = Vec::new();
        for failure in old {
            let at = new.iter().position(|it| it.id == failure.id);
            at.into_iter().for_each(|at| taken[at] = true);
            pairs.push((failure, at));
        }
        // A failure with another id is the same failure if its code and its statuses are the same.
        for (failure, at) in pairs.iter_mut().filter(|(_, at)| at.is_none()) {
            let same = |it: &Failure| it.code() == failure.code() && statuses(it) == statuses(failure);
            *at = (0..new.len()).find(|index| !taken[*index] && same(&new[*index]));
            at.iter().for_each(|at| taken[*at] = true);
        }
        for (failure, at) in pairs {
            match at {
                Some(at) => self.failure(failure, &new[at]),
                None => {
                    let status = show_statuses(failure.statuses());
                    let message =
                        format!("{} ({status}, code {}) was removed", failure.id, shown(failure.code()));
                    self.note("failure_removed", &failure.id, message, Some(failure));
                }
            }
        }
        for (failure, _) in new.iter().zip(taken).filter(|(_, taken)| !taken) {
            let kind = if self.old.contract.codes_open { "failure_added" } else { "failure_added_closed" };
            let status = show_statuses(failure.statuses());
            let message = format!("{} ({status}, code {}) is new", failure.id, shown(failure.code()));
            self.note(kind, &failure.id, message, Some(failure));
        }
    }

    fn failure(&mut self, old: &'a Failure, new: &'a Failure) {
        let (id, at) = (&new.id, Some(new));
        if old.id != new.id {
            self.note("failure_renamed", id, format!("{} is now called {id}", old.id), at);
        }
        let (before, now) = (statuses(old), statuses(new));
        if before != now {
            self.note(
                "status_changed",
                id,
                format!("{id}: the status changed from {} to {}", list(&before), list(&now)),
                at,
            );
        }
        let codes = |failure: &Failure| {
            let mut codes: Vec<String> =
                failure.code().into_iter().chain(&failure.rules.codes).map(|it| shown(Some(it))).collect();
            codes.sort();
            codes.dedup();
            codes
        };
        let (before, now) = (codes(old), codes(new));
        // Fewer codes than before guarantee more. A different code is a different guarantee.
        if before != now
            && (now.is_empty() || now.iter().any(|code| !before.contains(code)) || old.code() != new.code())
        {
            self.note(
                "code_changed",
                id,
                format!("{id}: the code changed from {} to {}", words(&before), words(&now)),
                at,
            );
        }
        if old.retry != new.retry {
            let word = |failure: &Failure| {
                let word = failure.retry.and_then(|it| serde_json::to_value(it).ok());
                word.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_else(|| "none".to_owned())
            };
            self.note(
                "retry_changed",
                id,
                format!("{id}: the retry advice changed from {} to {}", word(old), word(new)),
                at,
            );
        }
        if old.summary != new.summary {
            self.note("summary_changed", id, format!("{id}: “{}” → “{}”", old.summary, new.summary), at);
        }
        if old.causes != new.causes {
            self.note(
                "causes_changed",
                id,
                format!("{id}: the causes changed from {} to {}", words(&old.causes), words(&new.causes)),
                at,
            );
        }
        let lost: Vec<String> =
            old.precedes.iter().filter(|other| !new.precedes.contains(other)).cloned().collect();
        if !lost.is_empty() {
            let message = format!("{id} no longer precedes {}", words(&lost));
            self.note("order_changed", id, message, at);
        }
        self.names(old, new);
        self.headers(old, new);
        let own = |failure: &Failure, pack: &Pack| !same_envelope(&failure.envelope, &pack.contract.envelope);
        if own(old, self.old) || own(new, self.new) {
            self.envelope(&old.envelope, &new.envelope, id, at);
        }
        let body = |failure: &Failure| failure.rules.schema.first().map(|it| it.rule.value.clone());
        self.schemas(body(old), body(new), id, at);
        let matches = |failure: &Failure| -> BTreeMap<String, Value> {
            let matches = failure.rules.matches.iter();
            matches.map(|it| (it.rule.0.as_str().to_owned(), it.rule.1.value.clone())).collect()
        };
        if matches(old) != matches(new) {
            self.note("code_changed", id, format!("{id}: its `match` changed"), at);
        }
    }

    /// Compares where a failure names what is wrong.
    fn names(&mut self, old: &'a Failure, new: &'a Failure) {
        let (id, at) = (&new.id, Some(new));
        match (&old.names, &new.names) {
            (None, Some(place)) => {
                self.note("pointer_added", id, format!("{id}: names is new, at {place}"), at);
            }
            (Some(place), None) => {
                self.note("pointer_moved", id, format!("{id}: names was removed from {place}"), at);
            }
            (Some(before), Some(now)) if before != now => {
                self.note("pointer_moved", id, format!("{id}: names moved from {before} to {now}"), at);
            }
            _ => {}
        }
    }

    fn headers(&mut self, old: &'a Failure, new: &'a Failure) {
        // A header may have a documented rule and an inferred one: each is compared with its own kind.
        let find = |failure: &'a Failure, wanted: &Sourced<HeaderRule>| {
            let name = &wanted.rule.name;
            let mut same = failure.rules.headers.iter().filter(|it| it.rule.name.eq_ignore_ascii_case(name));
            same.clone().find(|it| it.source == wanted.source).or_else(|| same.next())
        };
        let (id, at) = (&new.id, Some(new));
        for header in &old.rules.headers {
            let name = &header.rule.name;
            match find(new, header) {
                None => self.note(
                    "header_removed",
                    id,
                    format!("{id}: the header {name} is no longer documented"),
                    at,
                ),
                Some(now) => {
                    let (before, now) = (header.rule.schema.clone(), now.rule.schema.clone());
                    self.schemas(Some(before), Some(now), &format!("{id}, header {name}"), at);
                }
            }
        }
        for header in new.rules.headers.iter().filter(|it| find(old, it).is_none()) {
            self.note("header_added", id, format!("{id}: the header {} is new", header.rule.name), at);
        }
    }

    fn envelope(&mut self, old: &Envelope, new: &Envelope, subject: &str, at: Option<&Failure>) {
        let media = |envelope: &Envelope| envelope.media_type.as_ref().map(|it| it.rule.to_string());
        if let Some(before) = media(old).filter(|before| media(new).as_ref() != Some(before)) {
            let now = media(new).unwrap_or_else(|| "none".to_owned());
            self.note(
                "media_type_changed",
                subject,
                format!("{subject}: the media type changed from {before} to {now}"),
                at,
            );
        }
        let (before, now) = (pointers(old), pointers(new));
        for (part, place) in &before {
            match now.get(part) {
                Some(moved) if moved == place => {}
                moved => {
                    let message = match moved {
                        Some(moved) => format!("{subject}: {part} moved from {place} to {moved}"),
                        None => format!("{subject}: {part} was removed from {place}"),
                    };
                    self.note("pointer_moved", subject, message, at);
                }
            }
        }
        for (part, place) in now.iter().filter(|(part, _)| !before.contains_key(*part)) {
            self.note("pointer_added", subject, format!("{subject}: {part} is new, at {place}"), at);
        }
        let body = |envelope: &Envelope| envelope.schema.as_ref().map(|it| it.rule.value.clone());
        self.schemas(body(old), body(new), subject, at);
    }

    fn schemas(&mut self, old: Option<Value>, new: Option<Value>, subject: &str, at: Option<&Failure>) {
        // Without an old schema, there is no guarantee that could be broken.
        let Some(old) = old else { return };
        let new = new.unwrap_or_else(|| serde_json::json!({}));
        let (old_library, new_library) = (self.old.library(), self.new.library());
        let changes = schema::compare(
            Side { schema: &old, library: &old_library },
            Side { schema: &new, library: &new_library },
        );
        for (kind, _, message) in changes {
            self.note(kind, subject, format!("{subject}: {message}"), at);
        }
    }

    fn operations(&mut self) {
        let (old, new) = (&self.old.contract.operations, &self.new.contract.operations);
        // An inferred path was never promised.
        for (name, line) in old.iter().filter(|(_, line)| line.source.is_binding()) {
            let was = format!("{} {}", line.method, line.path.written);
            match new.get(name) {
                None => self.note("operation_removed", name, format!("{name} ({was}) was removed"), None),
                Some(now) if format!("{} {}", now.method, now.path.written) != was => {
                    let message = format!("{name} changed from {was} to {} {}", now.method, now.path.written);
                    self.note("operation_moved", name, message, None);
                }
                Some(_) => {}
            }
        }
        for (name, line) in
            new.iter().filter(|(name, line)| line.source.is_binding() && !old.contains_key(*name))
        {
            self.note(
                "operation_added",
                name,
                format!("{name} ({} {}) is new", line.method, line.path.written),
                None,
            );
        }
    }
}

fn list(statuses: &[StatusPattern]) -> String {
    words(&statuses.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn words(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn success(contract: &Contract) -> String {
    let mut forms: Vec<String> = contract
        .success
        .iter()
        .map(|form| {
            let mut statuses: Vec<String> = form.status.iter().map(ToString::to_string).collect();
            statuses.sort();
            let matches: Vec<String> = form
                .matches
                .iter()
                .map(|(pointer, schema)| format!(" and {} {}", pointer.as_str(), schema.value))
                .collect();
            format!("{}{}", statuses.join(" or "), matches.concat())
        })
        .collect();
    forms.sort();
    forms.join("; ")
}

/// Describes a place with all that it says.
fn in_full(pointer: &Pointer) -> String {
    if pointer.is_xml() { pointer.to_json().to_string() } else { pointer.as_str().to_owned() }
}

/// Returns the locations of the parts of an envelope: part → JSON Pointer or header.
fn pointers(envelope: &Envelope) -> BTreeMap<&'static str, String> {
    let mut places = BTreeMap::new();
    if let Some(code) = &envelope.code {
        places.insert("code", code.rule.in_full());
    }
    for (part, pointer) in [("message", &envelope.message), ("status", &envelope.status)] {
        if let Some(pointer) = pointer {
            places.insert(part, in_full(&pointer.rule));
        }
    }
    if let Some(request_id) = &envelope.request_id {
        if let Some(pointer) = &request_id.rule.pointer {
            places.insert("request id", in_full(pointer));
        }
        if let Some(header) = &request_id.rule.header {
            places.insert("request id header", header.to_ascii_lowercase());
        }
    }
    places
}

fn same_envelope(one: &Envelope, other: &Envelope) -> bool {
    let body = |envelope: &Envelope| envelope.schema.as_ref().map(|it| it.rule.value.clone());
    let media = |envelope: &Envelope| envelope.media_type.as_ref().map(|it| it.rule.clone());
    pointers(one) == pointers(other) && body(one) == body(other) && media(one) == media(other)
}
