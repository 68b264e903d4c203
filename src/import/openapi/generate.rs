//! The scenarios of one operation after the other.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    import::names::{Unique, slug},
    openapi::{Credential, Declared, Operation, Parameter, Whereabouts},
    pack::PathTemplate,
};

use super::{
    ask::{Ask, Body},
    body::bad_bodies,
    catalogue::Catalogue,
    class::Class,
    creator::Creator,
    flaw::of_text,
    paths::{Paths, names, parameter, text},
    sample::{Sampler, kind},
    scenario::{Around, Control, Scenario, step},
};

/// The most scenarios of one operation.
const MOST_OF_ONE: usize = 80;

/// The media type that no operation answers with.
const STRANGE: &str = "application/x-failspec";

/// Makes the scenarios of a document.
pub(super) struct Generator<'a> {
    pub declared: &'a Declared,
    pub sampler: Sampler<'a>,
    pub catalogue: Catalogue<'a>,
    pub paths: Paths<'a>,
    pub allow_writes: bool,
    /// Whether every request carries credentials.
    pub credentials: bool,
    pub names: Unique,
    pub scenarios: Vec<Scenario>,
    /// What cannot be triggered: why → what, in the order in which it was met.
    pub left_out: BTreeMap<String, Vec<String>>,
}

/// A request without a fault.
struct Right {
    ask: Ask,
    around: Around,
    /// Whether it takes a value that only the target knows and the document has no example for.
    open: bool,
}

/// A fault about to become a scenario.
struct Fault {
    class: Class,
    what: String,
    rule: String,
    faulty: Ask,
    ours: bool,
}

impl<'a> Generator<'a> {
    /// The scenarios of all operations.
    pub fn run(&mut self) {
        for operation in &self.declared.api.operations {
            if !operation.is_safe() && !self.allow_writes {
                self.leave_out("it writes: asked with --allow-writes alone", operation, "everything");
                continue;
            }
            if matches!(operation.method.as_str(), "HEAD" | "TRACE" | "OPTIONS") {
                continue;
            }
            match self.right(operation) {
                Ok(right) => self.operation(operation, &right),
                Err(reason) => self.leave_out(&reason, operation, "everything"),
            }
        }
        self.methods();
    }

    fn leave_out(&mut self, why: &str, operation: &Operation, what: &str) {
        self.left_out.entry(why.to_owned()).or_default().push(format!("{} ({what})", operation.name()));
    }

    /// A request that the document allows, as far as it tells.
    fn right(&mut self, operation: &Operation) -> Result<Right, String> {
        let (mut around, mut made) = (Around::default(), None);
        if self.allow_writes
            && let Some(creator) = Creator::of_item(&self.declared.api, &operation.path)
            && let Some(steps) = self.steps(creator)
        {
            around = steps;
            made = Some(creator.parameter);
        }
        let filled = self.paths.fill(operation, made.map(|parameter| (parameter, "made")), None);
        if let Err(error) = PathTemplate::parse(&filled.path) {
            return Err(format!("its path cannot be asked as it is written: {error}"));
        }
        let ask = self.asked(operation, filled.path)?;
        Ok(Right { ask, around, open: filled.open })
    }

    /// A request with the parameters that it must have, and with a body where it takes one.
    fn asked(&self, operation: &Operation, path: String) -> Result<Ask, String> {
        let mut ask = Ask::of(operation, path, operation.is_guarded() || self.credentials);
        for parameter in operation.parameters.iter().filter(|it| it.required && it.place != Whereabouts::Path)
        {
            let value = self.valid(parameter).ok_or_else(|| {
                format!("no value that the schema of {} allows could be made", parameter.name)
            })?;
            put(&mut ask, parameter, Some(&value));
        }
        self.body(operation, &mut ask)?;
        Ok(ask)
    }

    fn valid(&self, parameter: &Parameter) -> Option<String> {
        let any = Value::Bool(true);
        let schema = parameter.schema.as_ref().unwrap_or(&any);
        let fits = |value: &&Value| self.sampler.is_allowed(schema, value);
        let made = || match list_of(self.sampler.declared.api.bundle.resolve(schema)) {
            Some(items) => self.sampler.value(items, &parameter.name),
            None => self.sampler.value(schema, &parameter.name),
        };
        let value = parameter.examples.iter().find(fits).cloned().or_else(made)?;
        match &value {
            // A list of one is written like its only item.
            Value::Array(items) => items.first().map(text),
            Value::Object(_) => None,
            value => Some(text(value)),
        }
    }

    fn body(&self, operation: &Operation, ask: &mut Ask) -> Result<(), String> {
        let Some(first) = operation.body.first() else { return Ok(()) };
        let content = operation.body.iter().find(|content| content.is_json()).unwrap_or(first);
        let any = Value::Bool(true);
        let schema = content.schema.as_ref().unwrap_or(&any);
        let example = content.examples.iter().find(|value| self.sampler.is_allowed(schema, value)).cloned();
        let made = self.sampler.value(schema, "body").or(example);
        let value = made.ok_or("no body that the schema allows could be made")?;
        let essence = content.media_type.split(';').next().unwrap_or_default().trim();
        if content.is_json() {
            if essence != "application/json" {
                ask.headers.push(("Content-Type".to_owned(), essence.to_owned()));
            }
            ask.body = Some(Body::Json(escaped(value)));
        } else if essence == "application/x-www-form-urlencoded" {
            let fields = value.as_object().into_iter().flatten();
            ask.body = Some(Body::Form(fields.map(|(name, value)| (name.clone(), text(value))).collect()));
        } else if essence.starts_with("text/") {
            ask.headers.push(("Content-Type".to_owned(), essence.to_owned()));
            ask.body = Some(Body::Text("failspec".to_owned()));
        } else if operation.body_required {
            return Err(format!("a body of {essence} cannot be made"));
        }
        Ok(())
    }

    /// Makes and removes a thing: what a run writes to, it has made.
    fn steps(&mut self, creator: Creator<'a>) -> Option<Around> {
        let pointer = creator.name_at(&self.declared.api)?;
        let make = self.plain(creator.make)?;
        let removal = self.paths.fill(creator.remove, Some((creator.parameter, "made")), None);
        if removal.open {
            return None;
        }
        let remove = self.asked(creator.remove, removal.path).ok()?;
        Some(Around {
            setup: format!("    setup:\n{}", step(&make, Some(("made", &pointer)))),
            teardown: format!("    teardown:\n{}", step(&remove, None)),
        })
    }

    /// A request that takes nothing which only the target knows.
    fn plain(&mut self, operation: &'a Operation) -> Option<Ask> {
        let filled = self.paths.fill(operation, None, None);
        if filled.open
            || PathTemplate::parse(&filled.path).is_err()
            || !names(&operation.path).is_empty() && filled.path.contains('{')
        {
            return None;
        }
        self.asked(operation, filled.path).ok()
    }

    fn operation(&mut self, operation: &'a Operation, right: &Right) {
        let mut faults = Vec::new();
        self.parameters(operation, right, &mut faults);
        self.bodies(operation, right, &mut faults);
        self.negotiation(operation, right, &mut faults);
        self.strangers(operation, right, &mut faults);
        self.unknown(operation, right, &mut faults);
        if faults.len() > MOST_OF_ONE {
            let more = faults.len() - MOST_OF_ONE;
            self.leave_out("more scenarios than one operation gets", operation, &format!("{more} of them"));
            faults.truncate(MOST_OF_ONE);
        }
        for fault in faults {
            self.note(operation, right, fault);
        }
    }

    fn note(&mut self, operation: &'a Operation, right: &Right, fault: Fault) {
        let trigger = match self.catalogue.trigger(operation, fault.class) {
            Ok(trigger) => trigger,
            Err(reason) => return self.leave_out(&reason, operation, &fault.what.replace('_', " ")),
        };
        let own = operation.id.as_deref().map(slug).filter(|id| !id.is_empty());
        let own = own.unwrap_or_else(|| slug(&operation.name()));
        let name = self.names.name(&format!("{own}_{}", fault.what), "");
        let name = if name.starts_with(|it: char| it.is_ascii_digit()) { format!("op_{name}") } else { name };
        let (control, around) = self.control(operation, right, &fault);
        self.scenarios.push(Scenario {
            name,
            failure: trigger.failure,
            rule: fault.rule,
            ours: fault.ours,
            around,
            faulty: fault.faulty,
            control,
        });
    }

    /// The request without the fault. One that would leave something behind becomes part of the setup, which removes it.
    fn control(&mut self, operation: &'a Operation, right: &Right, fault: &Fault) -> (Control, Around) {
        let is_collection = operation.method == "POST";
        if is_collection
            && let Some(creator) = Creator::of_collection(&self.declared.api, operation)
            && let Some(around) = self.steps(creator)
            && let Some(look) = self.look(creator)
        {
            return (Control::Ask(Box::new(look)), around);
        }
        let needs_no_thing = matches!(fault.class, Class::InvalidPath | Class::Unknown);
        if needs_no_thing && right.around.setup.is_empty() && right.ask.path.contains('{') {
            // Whether there is such a thing is not known; that the address and the credentials are right can be shown.
            if let Some(ask) = self.neighbour(operation) {
                return (Control::Ask(Box::new(ask)), Around::default());
            }
            if right.open {
                return (Control::None("the document names nothing that is there"), Around::default());
            }
        }
        (Control::Ask(Box::new(right.ask.clone())), right.around.clone())
    }

    /// Asks for the thing that was made; where it cannot be read, it is removed, which shows as well that it was there.
    fn look(&mut self, creator: Creator<'a>) -> Option<Ask> {
        [creator.read, Some(creator.remove)].into_iter().flatten().find_map(|look| {
            let filled = self.paths.fill(look, Some((creator.parameter, "made")), None);
            self.asked(look, filled.path).ok()
        })
    }

    /// A safe request beside an operation that needs nothing which only the target knows: the collection, best of all.
    fn neighbour(&mut self, operation: &Operation) -> Option<Ask> {
        let collection = operation.path.rsplit_once("/{").map_or("", |(before, _)| before);
        let all = &self.declared.api.operations;
        let open = |it: &&Operation| it.method == "GET" && !it.path.contains('{');
        let own = all.iter().filter(open).find(|it| it.path.trim_end_matches('/') == collection);
        let root = operation.path.split('/').nth(1).unwrap_or_default();
        let near = all.iter().filter(open).find(|it| it.path.split('/').nth(1) == Some(root));
        own.or(near).and_then(|it| self.plain(it))
    }

    fn parameters(&mut self, operation: &Operation, right: &Right, faults: &mut Vec<Fault>) {
        for parameter in &operation.parameters {
            let own = slug(&parameter.name);
            let in_path = parameter.place == Whereabouts::Path;
            if parameter.required && !in_path {
                let mut faulty = right.ask.clone();
                put(&mut faulty, parameter, None);
                let what = format!("without_{own}");
                faults.push(Fault {
                    class: Class::Invalid,
                    what,
                    rule: parameter.pointer.clone(),
                    faulty,
                    ours: false,
                });
            }
            let Some(schema) = &parameter.schema else { continue };
            for (flaw, value) in of_text(&self.sampler, schema) {
                let mut faulty = right.ask.clone();
                if in_path {
                    let instead = super::ask::segment(&value);
                    faulty.path = self.paths.fill(operation, None, Some((&parameter.name, &instead))).path;
                } else {
                    put(&mut faulty, parameter, Some(&value));
                }
                let class = if in_path { Class::InvalidPath } else { Class::Invalid };
                let what = format!("{own}_{}", flaw.what);
                faults.push(Fault {
                    class,
                    what,
                    rule: parameter.pointer.clone(),
                    faulty,
                    ours: flaw.doubtful,
                });
            }
        }
    }

    fn bodies(&self, operation: &Operation, right: &Right, faults: &mut Vec<Fault>) {
        let rule = format!("{}/requestBody", operation.pointer);
        if operation.body_required {
            let mut faulty = right.ask.clone();
            faulty.body = None;
            faulty.headers.retain(|(name, _)| name != "Content-Type");
            // Without a body there is no media type either, and some say that first.
            let ours = Class::MediaType.statuses().iter().any(|status| declares(operation, *status));
            faults.push(Fault {
                class: Class::Invalid,
                what: "without_body".to_owned(),
                rule: rule.clone(),
                faulty,
                ours,
            });
        }
        let Some(Body::Json(value)) = &right.ask.body else { return };
        let Some(content) = operation.body.iter().find(|content| content.is_json()) else { return };
        let mut faulty = right.ask.clone();
        faulty.body = Some(Body::Text("{\"failspec\": ".to_owned()));
        if faulty.headers.iter().all(|(name, _)| name != "Content-Type") {
            faulty.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let what = "malformed_json".to_owned();
        faults.push(Fault { class: Class::Malformed, what, rule: rule.clone(), faulty, ours: false });
        let Some(schema) = &content.schema else { return };
        for bad in bad_bodies(&self.sampler, schema, value) {
            let mut faulty = right.ask.clone();
            faulty.body = Some(Body::Json(bad.body));
            let place = if bad.place.is_empty() { "body" } else { &bad.place };
            let what = format!("{}_{}", slug(place), bad.what);
            let class = Class::Invalid;
            faults.push(Fault { class, what, rule: rule.clone(), faulty, ours: bad.doubtful });
        }
    }

    fn negotiation(&self, operation: &Operation, right: &Right, faults: &mut Vec<Fault>) {
        if right.ask.body.is_some() && declares(operation, 415) {
            let mut faulty = right.ask.clone();
            faulty.body = Some(Body::Text("failspec".to_owned()));
            faulty.headers.retain(|(name, _)| name != "Content-Type");
            faulty.headers.push(("Content-Type".to_owned(), STRANGE.to_owned()));
            let rule = format!("{}/requestBody", operation.pointer);
            let what = "unknown_media_type".to_owned();
            faults.push(Fault { class: Class::MediaType, what, rule, faulty, ours: false });
        }
        if declares(operation, 406) {
            let mut faulty = right.ask.clone();
            faulty.headers.push(("Accept".to_owned(), STRANGE.to_owned()));
            let rule = format!("{}/responses/406", operation.pointer);
            let what = "nothing_acceptable".to_owned();
            faults.push(Fault { class: Class::Accept, what, rule, faulty, ours: false });
        }
        if declares(operation, 413) {
            let limit =
                operation.body.iter().filter_map(|it| it.schema.as_ref()?.get("maxLength")?.as_u64()).next();
            match limit.filter(|limit| *limit <= 32 << 20) {
                Some(limit) => {
                    let mut faulty = right.ask.clone();
                    faulty.body = Some(Body::Text(format!("${{fill({})}}", limit + 1)));
                    let rule = format!("{}/requestBody", operation.pointer);
                    let what = "oversized_body".to_owned();
                    faults.push(Fault { class: Class::TooLarge, what, rule, faulty, ours: false });
                }
                None => {}
            }
        }
    }

    /// Requests without credentials, and with wrong ones.
    fn strangers(&self, operation: &Operation, right: &Right, faults: &mut Vec<Fault>) {
        if !operation.is_guarded() {
            return;
        }
        let rule = format!("{}/security", operation.pointer);
        let mut faulty = right.ask.clone();
        faulty.credentials = false;
        let what = "without_credentials".to_owned();
        faults.push(Fault {
            class: Class::Credentials,
            what,
            rule: rule.clone(),
            faulty: faulty.clone(),
            ours: false,
        });
        let schemes = operation.security.iter().find(|it| it.len() == 1).into_iter().flatten();
        for scheme in schemes.filter_map(|name| self.declared.api.schemes.get(name)) {
            let (place, name, value) = match &scheme.credential {
                Credential::Bearer => (Whereabouts::Header, "Authorization", "Bearer failspec-is-no-token"),
                Credential::Basic => (Whereabouts::Header, "Authorization", "Basic ZmFpbHNwZWM6bm8="),
                Credential::Key { place, name } => (*place, name.as_str(), "failspec-is-no-key"),
                Credential::Http(_) | Credential::Certificate => continue,
            };
            let mut faulty = faulty.clone();
            match place {
                Whereabouts::Query => faulty.query.push((name.to_owned(), value.to_owned())),
                Whereabouts::Cookie => faulty.headers.push(("Cookie".to_owned(), format!("{name}={value}"))),
                _ => faulty.headers.push((name.to_owned(), value.to_owned())),
            }
            let what = "with_wrong_credentials".to_owned();
            faults.push(Fault { class: Class::Credentials, what, rule: rule.clone(), faulty, ours: false });
        }
    }

    /// A thing that is not there.
    fn unknown(&mut self, operation: &Operation, right: &Right, faults: &mut Vec<Fault>) {
        let Some(name) = names(&operation.path).last().copied() else { return };
        let Some(parameter) = parameter(operation, name) else { return };
        let Some(nothing) = self.paths.nothing(parameter) else { return };
        let mut faulty = right.ask.clone();
        faulty.path = self.paths.fill(operation, None, Some((name, &nothing))).path;
        let (class, rule) = (Class::Unknown, parameter.pointer.clone());
        faults.push(Fault { class, what: format!("unknown_{}", slug(name)), rule, faulty, ours: false });
    }

    /// Methods that a path does not have: one for each path that declares 405.
    fn methods(&mut self) {
        let all = &self.declared.api.operations;
        let mut seen: Vec<&str> = Vec::new();
        for operation in all.iter().filter(|it| it.method == "GET" && declares(it, 405)) {
            if seen.contains(&operation.path.as_str()) {
                continue;
            }
            seen.push(&operation.path);
            let has = |method: &str| all.iter().any(|it| it.path == operation.path && it.method == method);
            let free = ["PATCH", "PUT", "POST", "DELETE"].into_iter().find(|method| !has(method));
            let (Some(method), true) = (free, self.allow_writes) else {
                self.leave_out(
                    "every method that is not declared writes: asked with --allow-writes",
                    operation,
                    "wrong method",
                );
                continue;
            };
            let Ok(right) = self.right(operation) else { continue };
            let faulty = Ask { method: method.to_owned(), ..right.ask.clone() };
            let rule = format!("{}/responses/405", operation.pointer);
            let what = format!("asked_with_{}", method.to_ascii_lowercase());
            self.note(operation, &right, Fault { class: Class::Method, what, rule, faulty, ours: false });
        }
    }
}

/// The schema of the items, if a schema is one of lists.
fn list_of(schema: &Value) -> Option<&Value> {
    (kind(schema.as_object()?) == Some("array")).then(|| schema.get("items"))?
}

fn declares(operation: &Operation, status: u16) -> bool {
    operation.responses.iter().any(|it| it.status == crate::openapi::ResponseStatus::Exactly(status))
}

/// Sets a parameter of query, header or cookie, or takes it away.
fn put(ask: &mut Ask, parameter: &Parameter, value: Option<&str>) {
    let own = |value: &str| value.replace("${", "$${");
    match parameter.place {
        Whereabouts::Query => {
            ask.query.retain(|(name, _)| *name != parameter.name);
            ask.query.extend(value.map(|value| (parameter.name.clone(), own(value))));
        }
        Whereabouts::Header => {
            ask.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(&parameter.name));
            ask.headers.extend(value.map(|value| (parameter.name.clone(), own(value))));
        }
        Whereabouts::Cookie => {
            ask.headers.retain(|(name, text)| {
                name != "Cookie" || !text.starts_with(&format!("{}=", parameter.name))
            });
            ask.headers.extend(
                value.map(|value| ("Cookie".to_owned(), format!("{}={}", parameter.name, own(value)))),
            );
        }
        Whereabouts::Path => {}
    }
}

/// Texts of the document that would read as holes stay what they are.
fn escaped(value: Value) -> Value {
    match value {
        Value::String(text) if text != super::sample::UNIQUE => text.replace("${", "$${").into(),
        Value::Array(items) => items.into_iter().map(escaped).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, escaped(value))).collect(),
        other => other,
    }
}
