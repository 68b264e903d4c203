//! The contract of a pack: the documented failures of an API.

use std::collections::{BTreeMap, BTreeSet};

use failspec_base::{
    syntax::{Decoder, Field, Fields, Location, MappingSchema, Node, ValueType},
    template::JsonTemplate,
};

use super::{
    cleanup::{CLEANUP, Cleanup},
    contract_version::{Extended, Known, ParsedFile},
    envelope::{BodyRule, ENVELOPE, Envelope},
    erratum::{ERRATUM, Erratum},
    existing_thing::{EXISTING_THING, ExistingThing},
    failure::{FAILURE, Failure},
    feature::{FEATURE, Feature},
    health_check::{HEALTH_CHECK, HealthCheck},
    listed_value::{LISTED_VALUE, ListedValue},
    openapi_file::OpenApiFile,
    operation::{OPERATION, read_operation},
    path::split_request,
    pointer::Pointer,
    profile::{PROFILE, Profile},
    provenance::{Provenance, WORDS},
    read_context::ReadContext,
    request::Line,
    rules::{CodeRule, read_matches},
    schema::{Schema, SchemaRegistry},
    stability::{self, STABILITY, Stability},
    status::{STATUSES, StatusPattern},
    validity::Period,
    variable::{VARIABLE, Variable},
};

/// A contract: the documented failures of an API.
#[derive(Debug)]
pub struct Contract {
    /// The name of the pack.
    pub name: String,
    /// The date of the documentation that the contract is based on.
    pub as_of: Option<jiff::civil::Date>,
    /// The location (URL) of the documentation.
    pub documentation: Option<String>,
    /// The digest of the page that the contract is based on, as `failspec drift` computes it.
    pub documentation_digest: Option<String>,
    /// The pages, documents and code of the publisher that operations are named by: name → location.
    pub sources: BTreeMap<String, String>,
    /// The products that the pack was run against: each with its version and the day.
    pub proven_on: Vec<String>,
    /// The OpenAPI document of the API.
    pub openapi: Option<OpenApiFile>,
    /// The origin of the OpenAPI document, if the contract states it.
    pub openapi_source: Option<Provenance>,
    /// The overlays that are applied to the document, in this order.
    pub openapi_overlays: Vec<OpenApiFile>,
    /// The request that shows whether the run can continue.
    pub health_check: Option<HealthCheck>,
    /// Overrides for how kinds of changes are classified.
    pub stability: BTreeMap<String, Stability>,
    /// The forms of a successful response; any of them is a success.
    pub success: Vec<Success>,
    /// The common format of error responses.
    pub envelope: Envelope,
    /// True if unlisted codes may exist for undocumented failures.
    pub codes_open: bool,
    /// Locations of credentials in responses; these values are never shown.
    pub secrets: Vec<Pointer>,
    /// Roles that a target must provide: name → what the role may do.
    pub roles: BTreeMap<String, String>,
    /// Variables that a target may set.
    pub variables: BTreeMap<String, Variable>,
    /// Conditions that a target must provide: name → meaning.
    pub conditions: BTreeMap<String, String>,
    /// Operations by name.
    pub operations: BTreeMap<String, Line>,
    /// Members that are added to a JSON body if the API refuses a request without a fault: `POST /pets` of the OpenAPI
    /// document → name and value.
    pub optional_members: BTreeMap<String, Vec<(String, JsonTemplate)>>,
    /// Lists of the API from which a member of a JSON body gets a value if the API refuses the one that was made up: `POST /pets`
    /// of the OpenAPI document → name of the member and list.
    pub listed_values: BTreeMap<String, Vec<(String, ListedValue)>>,
    /// Things that are there already, for requests that only read, if the API refuses to create one: `POST /pets` of the OpenAPI
    /// document → the id.
    pub existing_things: BTreeMap<String, ExistingThing>,
    /// The failures that are documented on the day of this version, in the order of the contract.
    pub failures: Vec<Failure>,
    /// Failures that are not documented on the day of this version: not yet, or no longer.
    pub not_in_force: Vec<Failure>,
    /// Failures of other versions of the pack, and their causes. Scenarios for them are left out of this version.
    pub(super) elsewhere: Known,
    /// Optional parts of the API, in the order of the contract.
    pub features: Vec<Feature>,
    /// Requests that find and remove resources that earlier runs left behind.
    pub cleanup: Vec<Cleanup>,
    /// Parts that an API can be certified for.
    pub profiles: Vec<Profile>,
    /// Contradictions and gaps in the documentation itself.
    pub errata: Vec<Erratum>,
    /// The beginning of the contract in its file.
    pub place: Location,
}

/// One form of a successful response.
#[derive(Debug)]
pub struct Success {
    /// The statuses; any of them matches.
    pub status: Vec<StatusPattern>,
    /// Constraints on the body, in addition to the status.
    pub matches: Vec<(Pointer, std::sync::Arc<Schema>)>,
}

/// The keys of `contract.yaml`.
pub static CONTRACT: MappingSchema = MappingSchema {
    name: "contract",
    about: "the documented failures of an API",
    fields: &[
        Field::required("contract", ValueType::Name, "the name of the pack"),
        Field::required(
            "as_of",
            ValueType::Date,
            "the date of the documentation that the contract is based on",
        ),
        Field::optional("documentation", ValueType::Text, "the location (URL) of the documentation"),
        Field::optional(
            "documentation_digest",
            ValueType::Text,
            "`sha256:…` of the page that the contract is based on, as `failspec drift` computes it",
        ),
        Field::optional(
            "sources",
            ValueType::Map(&ValueType::Text),
            "the pages, documents and code of the publisher that name operations: name → location. With them, \
             each operation states its `source`, and every part of a request that none of them names is inferred",
        ),
        Field::optional(
            "proven_on",
            ValueType::List(&ValueType::Text),
            "the products that the pack was run against, each with its version and the day",
        ),
        Field::optional(
            "openapi",
            ValueType::Either(&[ValueType::Text, ValueType::Null]),
            "the API's OpenAPI document (3.0 to 3.2, or Swagger 2.0), a file of the pack; \
             requests and responses are also checked against it",
        ),
        Field::optional(
            "openapi_source",
            ValueType::Words(WORDS),
            "the origin of that document: what responses break of an `inferred` one is a warning (default: documented)",
        ),
        Field::optional(
            "openapi_overlays",
            ValueType::List(&ValueType::Text),
            "OpenAPI Overlays (1.0), files of the pack, which are applied to the document in this order",
        ),
        Field::optional(
            "extends_pack",
            ValueType::Text,
            "a pack (with `@2026-03` a version of it), of the same folder or built in, to inherit the contract and \
             the scenarios from; own ones replace single keys",
        ),
        Field::optional(
            "extends",
            ValueType::Text,
            "the folder of a `base.yaml` (with `@2026-03`: of a `base@2026-03.yaml`) \
             to inherit envelope, failures and more from",
        ),
        Field::optional(
            "success",
            ValueType::Either(&[
                ValueType::MappingSchema(&SUCCESS),
                ValueType::List(&ValueType::MappingSchema(&SUCCESS)),
            ]),
            "the form of a successful response; a list allows any of its items (default: status 2xx)",
        ),
        Field::optional(
            "envelope",
            ValueType::MappingSchema(&ENVELOPE),
            "the common format of error responses; without it they have only the status in common",
        ),
        Field::optional(
            "codes",
            ValueType::Words(&["open", "closed"]),
            "`open` (default): unlisted codes may exist for undocumented failures; `closed`: they may not",
        ),
        Field::optional(
            "secrets",
            ValueType::List(&ValueType::Pointer),
            "where responses contain credentials, such as a login token; these values are never shown",
        ),
        Field::optional(
            "requires",
            ValueType::MappingSchema(&REQUIRES),
            "what a target must provide, described so that others can act on it",
        ),
        Field::optional(
            "operations",
            ValueType::Map(&ValueType::Either(&[ValueType::Text, ValueType::MappingSchema(&OPERATION)])),
            "named requests, so that a target can map them to its own paths",
        ),
        Field::optional(
            "failures",
            ValueType::List(&ValueType::MappingSchema(&FAILURE)),
            "the documented failures",
        ),
        Field::optional(
            "features",
            ValueType::Map(&ValueType::MappingSchema(&FEATURE)),
            "optional parts of the API by name: the cases of one that a product does not have are not applicable",
        ),
        Field::optional(
            "stability",
            ValueType::MappingSchema(&STABILITY),
            "overrides for how `failspec diff` classifies kinds of changes",
        ),
        Field::optional(
            "profiles",
            ValueType::Map(&ValueType::MappingSchema(&PROFILE)),
            "parts of the contract that an API can be certified for, in addition to `core` and `full`",
        ),
        Field::optional(
            "optional_members",
            ValueType::Map(&ValueType::Map(&ValueType::Any)),
            "members by operation of the OpenAPI document (`POST /pets`) that are added to a JSON body if the API refuses a \
             request without a fault: what the API requires, and the document does not. To the bodies of these operations, \
             members that only the refusal names are added as well, and made-up values are replaced by those that it names",
        ),
        Field::optional(
            "listed_values",
            ValueType::Map(&ValueType::Map(&ValueType::MappingSchema(&LISTED_VALUE))),
            "members by operation of the OpenAPI document (`POST /pets`) that get a value from a list of the API itself if it \
             refuses a request without a fault: the name of a kind, the id of a role",
        ),
        Field::optional(
            "existing_things",
            ValueType::Map(&ValueType::MappingSchema(&EXISTING_THING)),
            "by operation of the OpenAPI document that creates something (`POST /pets`): where the id of such a thing is that is \
             there already. If the API refuses to create one in a setup, requests that only read use that; nothing changes or \
             removes it",
        ),
        Field::optional(
            "health_check",
            ValueType::Either(&[
                ValueType::MappingSchema(&HEALTH_CHECK),
                ValueType::List(&ValueType::MappingSchema(&HEALTH_CHECK)),
            ]),
            "a safe request that must succeed after each scenario that writes; otherwise the run stops. \
             Of a list, the first one that succeeds before the first write is used; if none does, none is",
        ),
        Field::optional(
            "cleanup",
            ValueType::List(&ValueType::MappingSchema(&CLEANUP)),
            "how to find and remove resources that earlier runs left behind (`failspec cleanup`)",
        ),
        Field::optional(
            "errata",
            ValueType::List(&ValueType::MappingSchema(&ERRATUM)),
            "known documentation errors: contradictions and gaps",
        ),
    ],
    also: &[],
};

pub(super) static SUCCESS: MappingSchema = MappingSchema {
    name: "success",
    about: "a form of a successful response",
    fields: &[
        Field::required("status", STATUSES, "the statuses: 200, 2xx, or a list"),
        Field::optional(
            "match",
            ValueType::Map(&ValueType::Schema),
            "constraints on the body: pointer → JSON Schema",
        ),
    ],
    also: &[],
};

pub(super) static REQUIRES: MappingSchema = MappingSchema {
    name: "requires",
    about: "what a target must provide",
    fields: &[
        Field::optional("roles", ValueType::Map(&ValueType::Text), "role → what it may and may not do"),
        Field::optional(
            "variables",
            ValueType::Map(&ValueType::Either(&[ValueType::Text, ValueType::MappingSchema(&VARIABLE)])),
            "variable → its description, optionally with a default",
        ),
        Field::optional("conditions", ValueType::Map(&ValueType::Text), "condition → what it means"),
    ],
    also: &[],
};

impl Contract {
    /// Reads a contract and reports errors to the decoder.
    ///
    /// If the contract does not define envelope, success, codes or documentation, it inherits them from `base`.
    /// Failures, roles, variables, conditions and operations replace those of the base with the same name; secrets
    /// and errata are added. `on` is the day on which failures must be documented.
    pub(super) fn read(
        node: &Node,
        reader: &Decoder,
        library: &SchemaRegistry,
        base: Option<Self>,
        on: Option<jiff::civil::Date>,
    ) -> Option<Self> {
        let fields = reader.fields(node, &CONTRACT)?;
        let base = base.unwrap_or_else(|| Self::nothing(reader.place(node.span)));
        let name = fields.get("contract").and_then(|node| reader.text(node)).unwrap_or_default().to_owned();
        read_extends(&fields, reader);
        let documentation = fields.get("documentation").and_then(|node| reader.text(node));
        let envelope = match fields.get("envelope") {
            Some(node) => base.envelope.clone().with(node, reader, library, Provenance::Documented),
            None => base.envelope,
        };
        let failures = fields.get("failures").map(|node| reader.list(node)).unwrap_or_default();
        let own: Vec<Failure> =
            failures.iter().filter_map(|node| Failure::read(node, &envelope, reader, library)).collect();
        let (mut failures, mut not_in_force) = (base.failures, base.not_in_force);
        for inherited in [&mut failures, &mut not_in_force] {
            inherited.retain(|failure| own.iter().all(|own| own.id != failure.id));
        }
        if let Some(node) = fields.get("envelope") {
            let inherited = failures.iter_mut().chain(&mut not_in_force);
            override_envelopes(inherited, node, reader, library);
        }
        let inherited = [failures.len(), not_in_force.len()];
        for failure in own {
            let in_force = on.is_none_or(|day| failure.period.holds(day));
            if in_force { &mut failures } else { &mut not_in_force }.push(failure);
        }
        let codes = fields.get("codes").and_then(|node| reader.word(node, &["open", "closed"]));
        let mut contract = Self {
            name,
            as_of: fields.get("as_of").and_then(|node| reader.date(node)),
            documentation: documentation.map(str::to_owned).or(base.documentation),
            sources: base.sources,
            proven_on: Vec::new(),
            openapi_source: fields
                .get("openapi_source")
                .map_or(base.openapi_source, |node| Some(Provenance::read(node, reader))),
            openapi: openapi(&fields, reader, library, base.openapi),
            openapi_overlays: match fields.get("openapi_overlays") {
                Some(node) => OpenApiFile::read_list(Some(node), reader, library),
                None => base.openapi_overlays,
            },
            health_check: base.health_check,
            stability: fields.get("stability").map_or(base.stability, |node| stability::read(node, reader)),
            documentation_digest: fields
                .get("documentation_digest")
                .and_then(|node| reader.text(node))
                .map(str::to_owned),
            success: successes(&fields, reader, library, base.success),
            envelope,
            codes_open: codes.map_or(base.codes_open, |word| word != 1),
            secrets: base.secrets,
            roles: base.roles,
            variables: base.variables,
            conditions: base.conditions,
            operations: base.operations,
            optional_members: base.optional_members,
            listed_values: base.listed_values,
            existing_things: base.existing_things,
            failures,
            not_in_force,
            elsewhere: Known::new(),
            features: base.features,
            cleanup: base.cleanup,
            profiles: Vec::new(),
            errata: base.errata,
            place: reader.place(node.span),
        };
        let secrets = fields.get("secrets").map(|node| reader.list(node)).unwrap_or_default();
        contract.secrets.extend(secrets.iter().filter_map(|node| Pointer::read(node, reader)));
        if let Some(node) = fields.get("requires") {
            contract.read_requires(node, reader);
        }
        contract.read_operations(&fields, reader);
        for node in fields.get("errata").map(|node| reader.list(node)).unwrap_or_default() {
            contract.errata.extend(Erratum::read(node, reader));
        }
        let code_is_wrong = contract.envelope.code.is_none()
            && node.get("envelope").is_some_and(|envelope| envelope.get("code").is_some());
        contract.check_failures(inherited, reader, code_is_wrong);
        let cleanups = fields.get("cleanup").map(|node| reader.list(node)).unwrap_or_default();
        let names = ReadContext::of_contract(reader, &contract, library);
        let cleanups: Vec<Cleanup> = cleanups.iter().filter_map(|node| Cleanup::read(node, &names)).collect();
        contract.cleanup.extend(cleanups);
        contract.read_members(&fields, reader, library);
        if let Some(health_check) = fields.get("health_check") {
            let names = ReadContext::of_contract(reader, &contract, library);
            contract.health_check = HealthCheck::read(health_check, &names);
        }
        contract.read_features(&fields, reader, library);
        let profiles = fields.get("profiles").into_iter().flat_map(|node| reader.named(node));
        let profiles = profiles.filter_map(|entry| Profile::read(entry, &contract.failures, reader));
        contract.profiles = profiles.collect();
        Some(contract)
    }

    /// Reads the members that bodies of operations of the OpenAPI document may have, and the lists of their values.
    fn read_members(&mut self, fields: &Fields<'_>, reader: &Decoder, library: &SchemaRegistry) {
        let of = |key: &str| fields.get(key).into_iter().flat_map(|node| reader.entries(node));
        for entry in of("optional_members").chain(of("listed_values")).chain(of("existing_things")) {
            if split_request(&entry.key).is_none() {
                let title = format!("`{}` is no operation of the OpenAPI document", entry.key);
                reader.error_hint(entry.key_span, title, "write it like `POST /pets`");
            }
        }
        for entry in of("optional_members") {
            let names = ReadContext::of_contract(reader, self, library);
            let members = reader.entries(&entry.value).iter();
            let members = members.filter_map(|member| Some((member.key.clone(), names.json(&member.value)?)));
            let members: Vec<(String, JsonTemplate)> = members.collect();
            self.optional_members.insert(entry.key.clone(), members);
        }
        for entry in of("listed_values") {
            let names = ReadContext::of_contract(reader, self, library);
            let members = reader.entries(&entry.value).iter();
            let members = members
                .filter_map(|member| Some((member.key.clone(), ListedValue::read(&member.value, &names)?)));
            let members: Vec<(String, ListedValue)> = members.collect();
            self.listed_values.insert(entry.key.clone(), members);
        }
        for entry in of("existing_things") {
            let thing = ExistingThing::read(&entry.value, &ReadContext::of_contract(reader, self, library));
            self.existing_things.extend(thing.map(|thing| (entry.key.clone(), thing)));
        }
    }

    /// Creates the default for the contract of a file.
    pub(super) fn nothing_at(file: &ParsedFile) -> Self {
        let span = file.node.as_ref().map(|node| node.span).unwrap_or_default();
        Self::nothing(Location { source: std::sync::Arc::clone(&file.source), span })
    }

    /// Creates the default for a contract that defines and extends nothing: success is a 2xx.
    fn nothing(place: Location) -> Self {
        Self {
            name: String::new(),
            as_of: None,
            documentation: None,
            documentation_digest: None,
            sources: BTreeMap::new(),
            proven_on: Vec::new(),
            openapi: None,
            openapi_source: None,
            openapi_overlays: Vec::new(),
            health_check: None,
            stability: BTreeMap::new(),
            success: vec![Success { status: vec![StatusPattern::Class(2)], matches: Vec::new() }],
            envelope: Envelope::default(),
            codes_open: true,
            secrets: Vec::new(),
            roles: BTreeMap::new(),
            variables: BTreeMap::new(),
            conditions: BTreeMap::new(),
            operations: BTreeMap::new(),
            optional_members: BTreeMap::new(),
            listed_values: BTreeMap::new(),
            existing_things: BTreeMap::new(),
            failures: Vec::new(),
            not_in_force: Vec::new(),
            elsewhere: Known::new(),
            features: Vec::new(),
            cleanup: Vec::new(),
            profiles: Vec::new(),
            errata: Vec::new(),
            place,
        }
    }

    /// Returns the index of the failure with this id.
    pub fn failure(&self, id: &str) -> Option<usize> {
        self.failures.iter().position(|failure| failure.id == id)
    }

    /// Reads the features; one replaces that of the base with the same name.
    fn read_features(&mut self, fields: &Fields<'_>, reader: &Decoder, library: &SchemaRegistry) {
        for entry in fields.get("features").into_iter().flat_map(|node| reader.named(node)) {
            let names = ReadContext::of_contract(reader, self, library);
            if let Some(feature) = Feature::read(entry, &names) {
                self.features.retain(|inherited| inherited.name != feature.name);
                self.features.push(feature);
            }
        }
    }

    /// Reads the operations, and the sources that name them.
    fn read_operations(&mut self, fields: &Fields<'_>, reader: &Decoder) {
        for entry in fields.get("sources").into_iter().flat_map(|node| reader.named(node)) {
            if let Some(location) = reader.text(&entry.value) {
                self.sources.insert(entry.key.clone(), location.to_owned());
            }
        }
        let proven_on = fields.get("proven_on").map(|node| reader.list(node)).unwrap_or_default();
        self.proven_on = proven_on.iter().filter_map(|node| reader.reason(node)).collect();
        for entry in fields.get("operations").into_iter().flat_map(|node| reader.named(node)) {
            if let Some(line) = read_operation(entry, reader, &self.sources) {
                self.operations.insert(entry.key.clone(), line);
            }
        }
    }

    fn read_requires(&mut self, node: &Node, reader: &Decoder) {
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
                reader.check_free_name(&entry.key, entry.key_span);
                self.variables.insert(entry.key.clone(), variable);
            }
        }
    }

    /// Runs the checks that need all failures. `code_is_wrong` is true if the envelope defines where codes are, but
    /// with an error that has been reported: then it is not reported again for each failure with a code.
    /// Returns true if the documentation says that one failure wins against another, directly or through others.
    pub fn precedes(&self, first: usize, other: usize) -> bool {
        let index = |id: &String| self.failures.iter().position(|failure| failure.id == *id);
        let mut open = vec![first];
        let mut seen = BTreeSet::from([first]);
        while let Some(next) = open.pop() {
            for below in self.failures[next].precedes.iter().filter_map(index) {
                if below == other {
                    return true;
                }
                if seen.insert(below) {
                    open.push(below);
                }
            }
        }
        false
    }

    /// Reports failures that are not there in `precedes`, and an order that contradicts itself.
    fn check_order(&self, failure: &Failure, reader: &Decoder) {
        let span = failure.place.span;
        let known = || self.failures.iter().chain(&self.not_in_force).map(|failure| failure.id.as_str());
        for id in &failure.precedes {
            if !known().any(|known| known == id) && !self.elsewhere.contains_key(id) {
                reader.unknown(span, "failure", id, known());
            }
        }
        let own = self.failures.iter().position(|known| std::ptr::eq(known, failure));
        if own.is_some_and(|own| self.precedes(own, own)) {
            let title = format!("`{}` precedes itself, directly or through others", failure.id);
            reader.error_hint(span, title, "remove one `precedes` of the circle");
        }
    }

    fn check_failures(&self, inherited: [usize; 2], reader: &Decoder, code_is_wrong: bool) {
        // Failures of a base were checked with the base.
        let own = self.failures[inherited[0]..].iter().chain(&self.not_in_force[inherited[1]..]);
        let mut own: Vec<&Failure> = own.collect();
        own.sort_by_key(|failure| failure.place.span.start);
        for (index, failure) in own.iter().enumerate() {
            let span = failure.place.span;
            let same = own[..index].iter().filter(|other| other.id == failure.id);
            if let Some(other) = same.into_iter().find(|other| other.period.overlaps(failure.period)) {
                let title = format!("the failure `{}` appears twice", failure.id);
                if failure.period == Period::default() && other.period == Period::default() {
                    reader.error(span, title);
                } else {
                    let (one, two) = (other.period, failure.period);
                    reader.error_hint(span, title, format!("these periods overlap: {one}; {two}"));
                }
            }
            if let Some(condition) = &failure.condition
                && !self.conditions.contains_key(condition)
            {
                let known = self.conditions.keys().map(String::as_str);
                reader.unknown(span, "condition", condition, known);
            }
            self.check_order(failure, reader);
            if !failure.rules.codes.is_empty()
                && let Some(code) = failure.code()
                && !failure.rules.codes.contains(code)
            {
                reader.error_hint(
                    span,
                    format!("`codes` of `{}` does not contain its own code {code}", failure.id),
                    "list every accepted code in `codes`",
                );
            }
            if !failure.rules.codes.is_empty()
                && !matches!(&failure.rules.code, Some(code) if matches!(code.rule, CodeRule::Exactly(_)))
            {
                let (title, hint) = match failure.rules.code {
                    None => (
                        format!("`{}` has `codes` but no `code`, so no code would be compared", failure.id),
                        "give `code` too: the code of this failure, of which `codes` lists the alternatives",
                    ),
                    Some(_) => (
                        format!(
                            "`code: any` of `{}` accepts every code, so `codes` says nothing",
                            failure.id
                        ),
                        "give one of the codes as `code`, or remove `codes`",
                    ),
                };
                reader.error_hint(span, title, hint);
            }
            if failure.rules.code.is_some()
                && failure.envelope.code.is_none()
                && !code_is_wrong
                && failure.envelope.body != BodyRule::Empty
            {
                reader.error_hint(
                    span,
                    format!("`{}` has a code, but the envelope does not define where codes are", failure.id),
                    "give `envelope: { code: /pointer }`",
                );
            }
        }
    }

    /// Checks that there is something to test. A base need not have failures: the contracts that extend it have.
    pub(super) fn check_not_empty(&self, reader: &Decoder) {
        match (self.failures.is_empty(), self.not_in_force.first()) {
            (true, None) => {
                reader.error(self.place.span, "the contract has no failures");
            }
            (true, Some(first)) => {
                let title = "no failure is documented on the day of this version";
                let hint = format!("`{}` is documented {}", first.id, first.period);
                reader.error_hint(self.place.span, title, hint);
            }
            _ => {}
        }
    }
}

/// Reads the forms of a success, or takes the inherited ones.
fn successes(
    fields: &Fields<'_>,
    reader: &Decoder,
    library: &SchemaRegistry,
    inherited: Vec<Success>,
) -> Vec<Success> {
    let Some(node) = fields.get("success") else { return inherited };
    let items = reader.items(node);
    if items.is_empty() {
        let title = "an empty list allows no response to be a success";
        reader.error_hint(node.span, title, "write `success: { status: 2xx }`");
        return inherited;
    }
    items.iter().filter_map(|node| Success::read(node, reader, library)).collect()
}

/// Reads the OpenAPI document. Null removes the inherited one.
fn openapi(
    fields: &Fields<'_>,
    reader: &Decoder,
    library: &SchemaRegistry,
    inherited: Option<OpenApiFile>,
) -> Option<OpenApiFile> {
    match fields.get("openapi") {
        Some(node) if node.is_null() => None,
        Some(node) => OpenApiFile::read(node, reader, library),
        None => inherited,
    }
}

/// Applies what an envelope says about all failures to the inherited ones. Its errors are reported already.
fn override_envelopes<'f>(
    failures: impl Iterator<Item = &'f mut Failure>,
    node: &Node,
    reader: &Decoder,
    library: &SchemaRegistry,
) {
    let again = Decoder::new(&reader.place(node.span).source);
    for failure in failures {
        failure.envelope = failure.envelope.with(node, &again, library, Provenance::Documented);
    }
}

/// Checks the name of the base. The base itself has already been read.
fn read_extends(fields: &Fields<'_>, reader: &Decoder) {
    if let (Some(_), Some(node)) = (fields.get("extends"), fields.get("extends_pack")) {
        let hint = "a pack that is extended brings its own base: remove `extends`";
        reader.error_hint(node.span, "a contract extends a base or a pack, not both", hint);
    }
    let Some(node) = fields.get("extends") else { return };
    if reader.text(node).is_some_and(|text| Extended::parse(text).is_none()) {
        reader.error_hint(
            node.span,
            "this is not the folder of a base",
            "write `extends: platform` for schemas/platform/base.yaml, `platform@2026-03` for base@2026-03.yaml there",
        );
    }
}

impl Success {
    fn read(node: &Node, reader: &Decoder, library: &SchemaRegistry) -> Option<Self> {
        let fields = reader.fields(node, &SUCCESS)?;
        Some(Self {
            status: StatusPattern::read_all(fields.get("status")?, reader, "2xx"),
            matches: fields.get("match").map(|node| read_matches(node, reader, library)).unwrap_or_default(),
        })
    }
}
