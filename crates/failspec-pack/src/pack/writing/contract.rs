//! Contracts.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use failspec_base::syntax::{Decoder, Node, NodeValue};

use super::{
    super::{
        Erratum, Pointer, Provenance, Stability, StatusPattern, Variable,
        cleanup::CLEANUP,
        contract::{CONTRACT, REQUIRES, SUCCESS},
        existing_thing::EXISTING_THING,
        feature::FEATURE,
        listed_value::LISTED_VALUE,
        operation::{INFERRED_PARTS, OPERATION},
        profile::PROFILE,
    },
    envelope::EnvelopeSource,
    failure::FailureSource,
    file_value::{FileDocument, FileValue, Tree},
    mappings::file_mappings,
    request::RequestSource,
    values::{OneOrMany, SchemaSource, words},
};

/// The requests that show whether a run can continue.
#[derive(Debug, Clone, PartialEq)]
pub enum HealthCheckSource {
    /// The request that must succeed.
    Required(Box<RequestSource>),
    /// Candidates, of which the first one that succeeds is used.
    FirstOf(Vec<RequestSource>),
}

impl FileValue for HealthCheckSource {
    fn tree(&self) -> Tree {
        match self {
            Self::Required(request) => request.tree(),
            Self::FirstOf(requests) => requests.tree(),
        }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        match &node.value {
            NodeValue::List(_) => FileValue::read(node, reader).map(Self::FirstOf),
            _ => RequestSource::read(node, reader).map(|request| Self::Required(Box::new(request))),
        }
    }
}

file_mappings! {
    /// A contract.
    #[derive(Default)]
    block struct ContractSource: CONTRACT, {
        /// The name of the pack.
        name: String = "contract",
        /// The date of the documentation.
        as_of: Date = "as_of",
        /// The location of the documentation.
        documentation: Option<String> = "documentation",
        /// The digest of the page.
        documentation_digest: Option<String> = "documentation_digest",
        /// The pages, documents and code that name operations.
        sources: Vec<(String, String)> = "sources",
        /// The products that the pack was run against.
        proven_on: Vec<String> = "proven_on",
        /// The OpenAPI document of the API, by the name of its file.
        openapi: Option<String> = "openapi",
        /// The origin of that document.
        openapi_source: Option<Provenance> = "openapi_source",
        /// The overlays of the document, by the names of their files.
        openapi_overlays: Vec<String> = "openapi_overlays",
        /// The pack that it extends.
        extends_pack: Option<String> = "extends_pack",
        /// The base that it extends.
        extends: Option<String> = "extends",
        /// The forms of a successful response.
        success: OneOrMany<SuccessSource> = "success",
        /// The common format of error responses.
        envelope: Option<EnvelopeSource> = "envelope",
        /// The possibility of unlisted codes.
        codes: Option<Codes> = "codes",
        /// Locations of credentials in responses.
        secrets: Vec<Pointer> = "secrets",
        /// The requirements for a target.
        requires: Option<RequiresSource> = "requires",
        /// Operations by name.
        operations: Vec<(String, OperationSource)> = "operations",
        /// Members that are added to JSON bodies if the API refuses a request without them, by operation.
        optional_members: Vec<(String, Vec<(String, Value)>)> = "optional_members",
        /// Lists of the API from which members of JSON bodies get values if the API refuses those that were made up, by
        /// operation.
        listed_values: Vec<(String, Vec<(String, ListedValueSource)>)> = "listed_values",
        /// Things that are there already, in place of those that the API refuses to create, by operation.
        existing_things: Vec<(String, ExistingThingSource)> = "existing_things",
        /// The requests that show whether the run can continue.
        health_check: Option<HealthCheckSource> = "health_check",
        /// The failures.
        failures: Vec<FailureSource> = "failures",
        /// Optional parts of the API.
        features: Vec<(String, FeatureSource)> = "features",
        /// Parts that an API can be certified for.
        profiles: Vec<(String, ProfileSource)> = "profiles",
        /// How kinds of changes are classified.
        stability: Vec<(String, Stability)> = "stability",
        /// How to remove what earlier runs left behind.
        cleanup: Vec<CleanupSource> = "cleanup",
        /// Contradictions and gaps in the documentation.
        errata: Vec<Erratum> = "errata",
    }

    /// A request that lists things, and the places of a value in one of them.
    #[derive(Default)]
    inline struct ListedValueSource: LISTED_VALUE, {
        /// The request.
        request: RequestSource = [flat],
        /// The place of the list in the response.
        items: Option<Pointer> = "items",
        /// The places of the value in an item.
        values: Vec<Pointer> = ["values" always],
        /// The value that is tried first if it is listed.
        prefer: Option<Value> = "prefer",
        /// True if the member says from what a new thing is made.
        origin: bool = "origin",
    }

    /// The place of the id of a thing that is there already.
    #[derive(Default)]
    inline struct ExistingThingSource: EXISTING_THING, {
        /// The variable with the id.
        variable: String = "variable",
        /// The place of the list in the response.
        items: Option<Pointer> = "items",
        /// The places of the id in an item.
        values: Vec<Pointer> = "values",
    }

    /// A form of a successful response.
    #[derive(Default)]
    inline struct SuccessSource: SUCCESS, {
        /// The statuses.
        status: OneOrMany<StatusPattern> = "status",
        /// Constraints on the body.
        matches: Vec<(Pointer, SchemaSource)> = "match",
    }

    /// The requirements for a target.
    #[derive(Default)]
    block struct RequiresSource: REQUIRES, {
        /// Roles, and what each may do.
        roles: Vec<(String, String)> = "roles",
        /// Variables.
        variables: Vec<(String, Variable)> = "variables",
        /// Conditions, and what each means.
        conditions: Vec<(String, String)> = "conditions",
    }

    /// A part of the contract that an API can be certified for.
    #[derive(Default)]
    block struct ProfileSource: PROFILE, {
        /// The abilities of an API with this profile.
        about: Option<String> = "about",
        /// The failures, and causes as `failure/cause`.
        required: Vec<String> = ["required" always],
    }

    /// An optional part of the API.
    block struct FeatureSource: FEATURE, {
        /// The abilities of a product with it.
        about: String = "about",
        /// The request that tells whether a product has it.
        probe: RequestSource = "probe",
        /// The statuses that tell that a product does not have it.
        absent: OneOrMany<StatusPattern> = "absent",
        /// The failures that belong to it.
        failures: Vec<String> = "failures",
        /// The operations that belong to it.
        operations: Vec<String> = "operations",
    }

    /// How to find and remove one kind of resource.
    block struct CleanupSource: CLEANUP, {
        /// The request that lists the resources.
        list: RequestSource = "list",
        /// Pointer to the list in the response.
        items: Pointer = "items",
        /// Pointer to the name in an item.
        name: Option<Pointer> = "name",
        /// The request that removes one.
        delete: RequestSource = "delete",
    }

    /// Parts of a request that no source names.
    #[derive(Default)]
    inline struct InferredPartsSource: INFERRED_PARTS, {
        /// Query parameters.
        query: Vec<String> = "query",
        /// Members of the body.
        body: Vec<Pointer> = "body",
    }

    /// A named request with its origin.
    #[derive(Default)]
    inline struct OperationParts: OPERATION, {
        /// `METHOD /path`.
        request: String = "request",
        /// The origin of the path.
        source: Option<Provenance> = "source",
        /// The sources that name it.
        named_by: Vec<String> = "named_by",
        /// The query parameters that they name.
        query: Vec<String> = "query",
        /// The members of the body that they name.
        body: Vec<Pointer> = "body",
        /// The parts that no source names.
        inferred: Option<InferredPartsSource> = "inferred",
    }
}

impl FileDocument for ContractSource {
    const SPACED: bool = true;
}

/// The possibility of unlisted codes for undocumented failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codes {
    /// They may.
    Open,
    /// They may not.
    Closed,
}

words!(Codes, &["open", "closed"]);

/// A named request, written as only the request if there is nothing else.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OperationSource(pub OperationParts);

impl OperationSource {
    /// Creates an operation of which only the request is stated.
    pub fn new(request: impl Into<String>) -> Self {
        Self(OperationParts { request: request.into(), ..OperationParts::default() })
    }
}

impl FileValue for OperationSource {
    fn tree(&self) -> Tree {
        let bare = Self::new(self.0.request.as_str());
        if *self == bare { self.0.request.tree() } else { self.0.tree() }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        match node.as_text() {
            Some(request) => Some(Self::new(request)),
            None => OperationParts::read(node, reader).map(Self),
        }
    }
}

impl FileValue for Variable {
    fn tree(&self) -> Tree {
        let mut variable = serde_json::json!({ "about": self.about });
        if let Some(default) = &self.default {
            variable["default"] = default.clone();
        }
        Tree::Inline(variable)
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        Self::read(node, reader)
    }
}

impl FileValue for Erratum {
    fn tree(&self) -> Tree {
        let about = ("about".to_owned(), self.about.tree());
        let links = self.links.entry().map(|links| ("links".to_owned(), links));
        Tree::Map([about].into_iter().chain(links).collect())
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        Self::read(node, reader)
    }
}
