//! The scenarios of one operation after the other.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    import::names::{Unique, slug},
    openapi::{Content, Declared, Operation, Parameter, Whereabouts},
    pack::PathTemplate,
};

use super::{
    ask::{Ask, Body, put},
    catalogue::Catalogue,
    class::Class,
    creator::Creator,
    faults::Fault,
    paths::{Paths, names, text},
    sample::{Sampler, kind},
    scenario::{Around, Control, Scenario, step},
};

/// The most scenarios of one operation.
const MOST_OF_ONE: usize = 80;

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
pub(super) struct Right {
    pub ask: Ask,
    pub around: Around,
    /// Whether it takes a value that only the target knows and the document has no example for.
    pub open: bool,
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
            let value = self.valid(parameter)?;
            put(&mut ask, parameter, Some(&value));
        }
        self.body(operation, &mut ask)?;
        Ok(ask)
    }

    fn valid(&self, parameter: &Parameter) -> Result<String, String> {
        let name = &parameter.name;
        let any = Value::Bool(true);
        let schema = parameter.schema.as_ref().unwrap_or(&any);
        let fits = |value: &Value| self.sampler.is_allowed(schema, value);
        let made = || {
            let items = list_of(self.sampler.declared.api.bundle.resolve(schema));
            let one = items.and_then(|items| self.sampler.value(items, name)).map(|item| json!([item]));
            one.filter(fits).or_else(|| self.sampler.value(schema, name))
        };
        let value = parameter.examples.iter().find(|value| fits(value)).cloned().or_else(made);
        let value =
            value.ok_or_else(|| format!("no value that the schema of {name} allows could be made"))?;
        match &value {
            value if parameter.json => Ok(value.to_string()),
            // A list of one is written like its only item.
            Value::Array(items) => match (items.as_slice(), parameter.separator) {
                ([item], _) => Ok(text(item)),
                ([first, ..], None) if fits(&json!([first])) => Ok(text(first)),
                (items, Some(separator)) if !items.is_empty() => {
                    let items: Vec<String> = items.iter().map(text).collect();
                    Ok(items.join(&separator.to_string()))
                }
                _ => Err(format!(
                    "{name} has to be a list of none or of several, each with the name before it"
                )),
            },
            Value::Object(_) => Err(format!("{name} has to be an object, which is no text")),
            value => Ok(text(value)),
        }
    }

    fn body(&self, operation: &Operation, ask: &mut Ask) -> Result<(), String> {
        let Some(first) = operation.body.first() else { return Ok(()) };
        let content = json_body(operation).unwrap_or(first);
        let any = Value::Bool(true);
        let schema = content.schema.as_ref().unwrap_or(&any);
        let example = content.examples.iter().find(|value| self.sampler.is_allowed(schema, value)).cloned();
        let made = self.sampler.value(schema, "body").or(example);
        let value = made.ok_or("no body that the schema allows could be made")?;
        let essence = content.media_type.split(';').next().unwrap_or_default().trim();
        if content.is_json() || content.takes_json() && (value.is_object() || value.is_array()) {
            if content.is_json() && essence != "application/json" {
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
        let mut faults = self.faults(operation, right);
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
            // Not DELETE: who has it without declaring it may remove all there is.
            let free = ["PATCH", "PUT", "POST"].into_iter().find(|method| !has(method));
            let why = match free {
                None => "DELETE is the only method that is not declared, and is not tried",
                Some(_) => "every method that is not declared writes: asked with --allow-writes",
            };
            let Some(method) = free.filter(|_| self.allow_writes) else {
                self.leave_out(why, operation, "wrong method");
                continue;
            };
            let Ok(right) = self.right(operation) else { continue };
            if !names(&operation.path).is_empty() && right.around.setup.is_empty() {
                self.leave_out(
                    "it may write to a thing that the run has not made",
                    operation,
                    "wrong method",
                );
                continue;
            }
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

/// What an operation says of a body in JSON.
pub(super) fn json_body(operation: &Operation) -> Option<&Content> {
    let find = |is: fn(&Content) -> bool| operation.body.iter().find(|content| is(content));
    find(Content::is_json).or_else(|| find(Content::takes_json))
}

/// Whether an operation declares a status by itself.
pub(super) fn declares(operation: &Operation, status: u16) -> bool {
    operation.responses.iter().any(|it| it.status == crate::openapi::ResponseStatus::Exactly(status))
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
