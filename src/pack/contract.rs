//! What an API documents about failing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{Entry, Field, Kind, Node, NodeValue, Place, Reader, Shape};

use super::{
    envelope::{ENVELOPE, Envelope},
    failure::{FAILURE, Failure},
    names::Names,
    path::{PathTemplate, split_request},
    pointer::Pointer,
    provenance::{Provenance, WORDS},
    request::Line,
    rules::read_matches,
    schema::{Library, Schema},
    status::{STATUSES, StatusPattern},
    sweep::{SWEEP, Sweep},
};

/// What an API documents about failing.
#[derive(Debug)]
pub struct Contract {
    /// The name of the pack.
    pub name: String,
    /// The day of the documentation that the contract was taken from.
    pub as_of: Option<jiff::civil::Date>,
    /// Where the documentation is.
    pub documentation: Option<String>,
    /// What success looks like: any of these.
    pub success: Vec<Success>,
    /// The shape that error answers share.
    pub envelope: Envelope,
    /// Whether unlisted codes may exist for undocumented conditions.
    pub codes_open: bool,
    /// Where answers hold credentials: what stands there is shown nowhere.
    pub secrets: Vec<Pointer>,
    /// Roles that a target must bring: name → what the role may do.
    pub roles: BTreeMap<String, String>,
    /// Variables that a target may set.
    pub variables: BTreeMap<String, Variable>,
    /// Conditions that a target must bring: name → what they mean.
    pub conditions: BTreeMap<String, String>,
    /// Operations by name.
    pub operations: BTreeMap<String, Line>,
    /// The documented failures, in the order of the contract.
    pub failures: Vec<Failure>,
    /// How what earlier runs left behind can be found and removed.
    pub sweep: Vec<Sweep>,
    /// Contradictions and gaps in the documentation itself.
    pub errata: Vec<Erratum>,
    /// Where the contract begins.
    pub place: Place,
}

/// One form that success has.
#[derive(Debug)]
pub struct Success {
    /// The statuses; any of them.
    pub status: Vec<StatusPattern>,
    /// What the body must be like besides.
    pub matches: Vec<(Pointer, std::sync::Arc<Schema>)>,
}

/// A variable that a target may set.
#[derive(Debug, Clone)]
pub struct Variable {
    /// What it is, in words a stranger can act on.
    pub about: String,
    /// Its value where the target sets none.
    pub default: Option<Value>,
}

/// A contradiction or a gap in the documentation.
#[derive(Debug, Clone)]
pub struct Erratum {
    /// What it is.
    pub about: String,
    /// Where it can be seen.
    pub links: Vec<String>,
}

/// The keys of `contract.yaml`.
pub static CONTRACT: Shape = Shape {
    name: "contract",
    about: "what an API documents about failing",
    fields: &[
        Field::required("contract", Kind::Name, "the name of the pack"),
        Field::required("as_of", Kind::Date, "the day of the documentation that this was taken from"),
        Field::optional("documentation", Kind::Text, "where the documentation is"),
        Field::optional(
            "extends",
            Kind::Name,
            "the folder of a `base.yaml` whose envelope, failures and whatever else this contract has as well",
        ),
        Field::optional(
            "success",
            Kind::Either(&[Kind::Shape(&SUCCESS), Kind::List(&Kind::Shape(&SUCCESS))]),
            "what success looks like; of a list any (default: status 2xx)",
        ),
        Field::optional(
            "envelope",
            Kind::Shape(&ENVELOPE),
            "the shape that error answers share; without it the status is all that they share",
        ),
        Field::optional(
            "codes",
            Kind::Words(&["open", "closed"]),
            "open (default): unlisted codes may exist for undocumented conditions; closed: nowhere",
        ),
        Field::optional(
            "secrets",
            Kind::List(&Kind::Pointer),
            "where answers hold credentials, such as the token of a login: shown nowhere",
        ),
        Field::optional(
            "requires",
            Kind::Shape(&REQUIRES),
            "what a target must bring, in words a stranger can act on",
        ),
        Field::optional(
            "operations",
            Kind::Map(&Kind::Either(&[Kind::Text, Kind::Shape(&OPERATION)])),
            "requests by name, so that a target can say where it has them",
        ),
        Field::optional("failures", Kind::List(&Kind::Shape(&FAILURE)), "the documented failures"),
        Field::optional(
            "sweep",
            Kind::List(&Kind::Shape(&SWEEP)),
            "how what earlier runs left behind is found and removed (`failspec sweep`)",
        ),
        Field::optional(
            "errata",
            Kind::List(&Kind::Shape(&ERRATUM)),
            "contradictions and gaps in the documentation itself",
        ),
    ],
    also: &[],
};

static SUCCESS: Shape = Shape {
    name: "success",
    about: "one form that success has",
    fields: &[
        Field::required("status", STATUSES, "the statuses: 200, 2xx, or a list"),
        Field::optional(
            "match",
            Kind::Map(&Kind::Schema),
            "what the body must be like besides: pointer → JSON Schema",
        ),
    ],
    also: &[],
};

static REQUIRES: Shape = Shape {
    name: "requires",
    about: "what a target must bring",
    fields: &[
        Field::optional("roles", Kind::Map(&Kind::Text), "role → what it may and may not do"),
        Field::optional(
            "variables",
            Kind::Map(&Kind::Either(&[Kind::Text, Kind::Shape(&VARIABLE)])),
            "variable → what it is, with a default",
        ),
        Field::optional("conditions", Kind::Map(&Kind::Text), "condition → what it means"),
    ],
    also: &[],
};

static VARIABLE: Shape = Shape {
    name: "variable",
    about: "a variable that a target may set",
    fields: &[
        Field::required("about", Kind::Text, "what it is, in words a stranger can act on"),
        Field::optional("default", Kind::Any, "its value where the target sets none"),
    ],
    also: &[],
};

static OPERATION: Shape = Shape {
    name: "operation",
    about: "a request by name",
    fields: &[
        Field::required("request", Kind::Text, "METHOD /path, with {parameters}"),
        Field::optional("source", Kind::Words(WORDS), "where the path is from; lowers nothing"),
    ],
    also: &[],
};

static ERRATUM: Shape = Shape {
    name: "erratum",
    about: "a contradiction or a gap in the documentation",
    fields: &[
        Field::required("about", Kind::Text, "what it is"),
        Field::optional("links", Kind::List(&Kind::Text), "where it can be seen"),
    ],
    also: &[],
};

impl Contract {
    /// Reads a contract; what is wrong is noted with the reader.
    ///
    /// What it does not say itself it has from `base`: envelope, success, codes and documentation. Failures, roles,
    /// variables, conditions and operations of the same name replace those of the base, secrets and errata are added.
    pub(super) fn read(node: &Node, reader: &Reader, library: &Library, base: Option<Self>) -> Option<Self> {
        let fields = reader.fields(node, &CONTRACT)?;
        let base = base.unwrap_or_else(|| Self::nothing(reader.place(node.span)));
        let name = fields.get("contract").and_then(|node| reader.text(node)).unwrap_or_default().to_owned();
        let documentation = fields.get("documentation").and_then(|node| reader.text(node));
        let envelope = match fields.get("envelope") {
            Some(node) => base.envelope.clone().with(node, reader, library, Provenance::Documented),
            None => base.envelope,
        };
        let failures = fields.get("failures").map(|node| reader.list(node)).unwrap_or_default();
        let own: Vec<Failure> =
            failures.iter().filter_map(|node| Failure::read(node, &envelope, reader, library)).collect();
        let mut failures = base.failures;
        failures.retain(|failure| own.iter().all(|own| own.id != failure.id));
        let inherited = failures.len();
        failures.extend(own);
        let success = fields.get("success").map(|node| reader.items(node)).unwrap_or_default();
        let codes = fields.get("codes").and_then(|node| reader.word(node, &["open", "closed"]));
        let mut contract = Self {
            name,
            as_of: fields.get("as_of").and_then(|node| reader.date(node)),
            documentation: documentation.map(str::to_owned).or(base.documentation),
            success: match fields.has("success") {
                true => success.iter().filter_map(|node| Success::read(node, reader, library)).collect(),
                false => base.success,
            },
            envelope,
            codes_open: codes.map_or(base.codes_open, |word| word != 1),
            secrets: base.secrets,
            roles: base.roles,
            variables: base.variables,
            conditions: base.conditions,
            operations: base.operations,
            failures,
            sweep: base.sweep,
            errata: base.errata,
            place: reader.place(node.span),
        };
        let secrets = fields.get("secrets").map(|node| reader.list(node)).unwrap_or_default();
        contract.secrets.extend(secrets.iter().filter_map(|node| Pointer::read(node, reader)));
        if let Some(node) = fields.get("requires") {
            contract.read_requires(node, reader);
        }
        for entry in fields.get("operations").into_iter().flat_map(|node| reader.named(node)) {
            if let Some(line) = read_operation(entry, reader) {
                contract.operations.insert(entry.key.clone(), line);
            }
        }
        for node in fields.get("errata").map(|node| reader.list(node)).unwrap_or_default() {
            contract.errata.extend(Erratum::read(node, reader));
        }
        let code_is_wrong = contract.envelope.code.is_none()
            && node.get("envelope").is_some_and(|envelope| envelope.get("code").is_some());
        contract.check_failures(inherited, reader, code_is_wrong);
        let sweeps = fields.get("sweep").map(|node| reader.list(node)).unwrap_or_default();
        let names = Names { reader, contract: &contract, library, known: BTreeSet::new() };
        let sweeps: Vec<Sweep> = sweeps.iter().filter_map(|node| Sweep::read(node, &names)).collect();
        contract.sweep.extend(sweeps);
        Some(contract)
    }

    /// What a contract has that says nothing and extends nothing: success is a 2xx.
    fn nothing(place: Place) -> Self {
        Self {
            name: String::new(),
            as_of: None,
            documentation: None,
            success: vec![Success { status: vec![StatusPattern::Class(2)], matches: Vec::new() }],
            envelope: Envelope::default(),
            codes_open: true,
            secrets: Vec::new(),
            roles: BTreeMap::new(),
            variables: BTreeMap::new(),
            conditions: BTreeMap::new(),
            operations: BTreeMap::new(),
            failures: Vec::new(),
            sweep: Vec::new(),
            errata: Vec::new(),
            place,
        }
    }

    /// The index of a failure by its id.
    pub fn failure(&self, id: &str) -> Option<usize> {
        self.failures.iter().position(|failure| failure.id == id)
    }

    fn read_requires(&mut self, node: &Node, reader: &Reader) {
        let Some(fields) = reader.fields(node, &REQUIRES) else {
            return;
        };
        for (key, map) in [("roles", &mut self.roles), ("conditions", &mut self.conditions)] {
            for entry in fields.get(key).into_iter().flat_map(|node| reader.named(node)) {
                if let Some(about) = reader.text(&entry.value) {
                    map.insert(entry.key.clone(), about.to_owned());
                }
            }
        }
        for entry in fields.get("variables").into_iter().flat_map(|node| reader.named(node)) {
            if let Some(variable) = Variable::read(&entry.value, reader) {
                if ["unique", "uuid", "now"].contains(&entry.key.as_str()) {
                    reader.error(
                        entry.key_span,
                        format!("`{}` is built in and cannot be a variable", entry.key),
                    );
                }
                self.variables.insert(entry.key.clone(), variable);
            }
        }
    }

    /// What can only be seen with all failures at hand. `code_is_wrong`: where codes are is said, with a mistake that
    /// has been noted; that no failure has its code there need not be said for each of them.
    fn check_failures(&self, inherited: usize, reader: &Reader, code_is_wrong: bool) {
        // Those of a base were checked with it.
        for (index, failure) in self.failures.iter().enumerate().skip(inherited) {
            let span = failure.place.span;
            if self.failures[..index].iter().any(|other| other.id == failure.id) {
                reader.error(span, format!("the failure `{}` is there twice", failure.id));
            }
            if let Some(condition) = &failure.condition
                && !self.conditions.contains_key(condition)
            {
                let known = self.conditions.keys().map(String::as_str);
                reader.unknown(span, "condition", condition, known);
            }
            if !failure.rules.codes.is_empty()
                && let Some(code) = failure.code()
                && !failure.rules.codes.contains(code)
            {
                reader.error_hint(
                    span,
                    format!("`codes` of `{}` do not hold its own code {code}", failure.id),
                    "`codes` lists every code that is accepted",
                );
            }
            if failure.rules.code.is_some() && failure.envelope.code.is_none() && !code_is_wrong {
                reader.error_hint(
                    span,
                    format!("`{}` has a code, but the envelope does not say where codes are", failure.id),
                    "give `envelope: { code: /pointer }`",
                );
            }
        }
        if self.failures.is_empty() {
            reader.error(self.place.span, "a contract without failures documents nothing");
        }
    }
}

impl Success {
    fn read(node: &Node, reader: &Reader, library: &Library) -> Option<Self> {
        let fields = reader.fields(node, &SUCCESS)?;
        Some(Self {
            status: StatusPattern::read_all(fields.get("status")?, reader),
            matches: fields.get("match").map(|node| read_matches(node, reader, library)).unwrap_or_default(),
        })
    }
}

impl Variable {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        if let NodeValue::Text(about) = &node.value {
            return Some(Self { about: about.clone(), default: None });
        }
        let fields = reader.fields(node, &VARIABLE)?;
        Some(Self {
            about: fields.get("about").and_then(|node| reader.text(node)).unwrap_or_default().to_owned(),
            default: fields.get("default").map(Node::to_json),
        })
    }
}

impl Erratum {
    fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = reader.fields(node, &ERRATUM)?;
        let links = fields.get("links").map(|node| reader.list(node)).unwrap_or_default();
        Some(Self {
            about: fields.get("about").and_then(|node| reader.text(node))?.to_owned(),
            links: links.iter().filter_map(|node| reader.text(node)).map(str::to_owned).collect(),
        })
    }
}

fn read_operation(entry: &Entry, reader: &Reader) -> Option<Line> {
    // The request alone is all that most operations have to say.
    let fields = match entry.value.as_text() {
        Some(_) => None,
        None => Some(reader.fields(&entry.value, &OPERATION)?),
    };
    let node = fields.as_ref().map_or(Some(&entry.value), |fields| fields.get("request"))?;
    let source = fields.as_ref().and_then(|fields| fields.get("source"));
    let text = reader.text(node)?;
    let Some((method, path)) = split_request(text) else {
        reader.error_hint(node.span, format!("`{text}` is not a request"), "write `METHOD /path`");
        return None;
    };
    let path = match PathTemplate::parse(path) {
        Ok(path) if path.is_address() => {
            reader.error_hint(
                node.span,
                "an operation has a path of its own",
                "an address that an answer gave is asked by a scenario: `request: PUT ${upload}`",
            );
            return None;
        }
        Ok(path) => path,
        Err(error) => {
            reader.error(node.span, error.to_string());
            return None;
        }
    };
    Some(Line {
        operation: Some(entry.key.clone()),
        method: method.to_owned(),
        path: std::sync::Arc::new(path),
        source: source.map_or(Provenance::Documented, |node| Provenance::read(node, reader)),
    })
}
