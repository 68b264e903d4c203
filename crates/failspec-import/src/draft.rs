//! Drafts of packs.

use jiff::civil::Date;
use serde_json::{Value, json};

use failspec_base::encoding::escape_pointer_step;
use failspec_pack::pack::{
    Erratum,
    writing::{
        Commented, Comments, ContractSource, ExistingThingSource, FailureSource, HealthCheckSource,
        ListedValueSource, Note, RequestSource, RequiresSource, SchemaSource, SuccessSource,
    },
};

use super::{envelope::DraftEnvelope, style::Style};

/// A draft of a pack: typed values, and where each of them is from.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// The date of the documentation.
    pub as_of: Date,
    /// The address of the documentation.
    pub documentation: String,
    /// The digest of the page.
    pub digest: Option<String>,
    /// The title of the API or of its documentation.
    pub title: Option<String>,
    /// The form of a successful response.
    pub success: SuccessSource,
    /// The style of the errors, if they are of one.
    pub style: Option<&'static Style>,
    /// The common envelope of error responses.
    pub envelope: DraftEnvelope,
    /// The failures.
    pub failures: Vec<DraftFailure>,
    /// The name of the OpenAPI document among its schema files.
    pub openapi: Option<String>,
    /// The names of its overlays among the schema files of the pack.
    pub openapi_overlays: Vec<String>,
    /// The requirements that a target must provide.
    pub requires: RequiresSource,
    /// The health check: the request that must succeed for a run to go on.
    pub health_check: Vec<RequestSource>,
    /// Members that are added to JSON bodies if the API refuses a request without them, by operation.
    pub optional_members: Vec<(String, Vec<(String, Value)>)>,
    /// Lists of the API from which members of JSON bodies get values if the API refuses those that were made up, by operation.
    pub listed_values: Vec<(String, Vec<(String, ListedValueSource)>)>,
    /// Things that are there already, in place of those that the API refuses to create, by operation.
    pub existing_things: Vec<(String, ExistingThingSource)>,
    /// Contradictions in the documentation.
    pub errata: Vec<Erratum>,
}

/// A failure of a draft.
#[derive(Debug, Clone, Default)]
pub struct DraftFailure {
    /// The failure. Without a status, because the documentation gives none, it is written as a comment.
    pub source: FailureSource,
    /// The description of each of its causes.
    pub causes: Vec<String>,
    /// The guess that was made about it, if any.
    pub guess: Option<String>,
    /// Headers that are only proposed, because the documentation does not promise them: name, and reason.
    pub proposed_headers: Vec<(String, String)>,
}

impl DraftFailure {
    /// Returns its statuses; none if the documentation gives none.
    pub fn statuses(&self) -> Vec<u16> {
        self.source.status.0.iter().filter_map(|it| it.exactly()).collect()
    }

    /// Adds its proposed headers as comments, where they would be keys.
    fn propose_headers(&self, at: &str, comments: &mut Comments) {
        if self.proposed_headers.is_empty() {
            return;
        }
        let any = SchemaSource::Inline(json!({}));
        if !self.source.headers.is_empty() {
            for (name, why) in &self.proposed_headers {
                let mut inner = Comments::default();
                inner.beside(format!("/{}", escape_pointer_step(name)), why.clone());
                comments.after(format!("{at}/headers"), Note::key(name, &any, inner));
            }
            return;
        }
        let mut inner = Comments::default();
        for (name, why) in &self.proposed_headers {
            inner.beside(format!("/headers/{}", escape_pointer_step(name)), why.clone());
        }
        let headers: Vec<_> =
            self.proposed_headers.iter().map(|(name, _)| (name.clone(), any.clone())).collect();
        comments.after(at, Note::key("headers", &headers, inner));
    }
}

impl Draft {
    /// Returns the contract with its comments.
    pub fn contract(&self) -> Commented<ContractSource> {
        let mut comments = Comments::default();
        let title = self.title.as_deref().unwrap_or(&self.name);
        comments.head(format!("The documented failures of {}.", shortened(title)));
        comments.head("yaml-language-server: $schema=../contract.schema.json");
        let envelope = self.envelope.source(&mut comments);
        if envelope.is_none() {
            comments.after("/success", Note::Blank);
            comments.after(
                "/success",
                "No common shape of error responses was found. If there is one: \
                 envelope: { code: /…, message: /… }",
            );
        }
        if !self.optional_members.is_empty() {
            comments.before(
                "/optional_members",
                "Added to a body if the API refuses a request without a fault: what it requires, and the document does not.",
            );
        }
        if !self.listed_values.is_empty() {
            comments.before(
                "/listed_values",
                "Values of the API's own lists that take the place of made-up ones which it refused.",
            );
        }
        if !self.existing_things.is_empty() {
            comments.before(
                "/existing_things",
                "What requests that only read use if the API refuses to create a thing; nothing changes or removes it.",
            );
        }
        if !self.health_check.is_empty() {
            comments
                .before("/health_check", "The first one that succeeds is sent after each scenario that writes; if it then fails, the run stops.");
        }
        let refuses = |failure: &DraftFailure| failure.statuses().iter().any(|it| [401, 403].contains(it));
        if self.openapi.is_none() && self.failures.iter().any(refuses) {
            comments.before(
                "/failures",
                "To send credentials, uncomment `requires`, write `as: user` in scenarios and run with \
                 `--role user=bearer:env:TOKEN`.",
            );
            let roles = vec![("user".to_owned(), "may do what any client may".to_owned())];
            let requires = RequiresSource { roles, ..RequiresSource::default() };
            comments.before("/failures", Note::key("requires", &requires, Comments::default()));
            comments.before("/failures", Note::Blank);
        }
        let failures = self.failures(&mut comments);
        let requires = Some(&self.requires).filter(|it| **it != RequiresSource::default());
        let value = ContractSource {
            name: self.name.clone(),
            as_of: self.as_of,
            documentation: Some(self.documentation.clone()),
            documentation_digest: self.digest.clone(),
            openapi: self.openapi.clone(),
            openapi_overlays: self.openapi_overlays.clone(),
            success: vec![self.success.clone()].into(),
            envelope,
            requires: requires.cloned(),
            health_check: (!self.health_check.is_empty())
                .then(|| HealthCheckSource::FirstOf(self.health_check.clone())),
            optional_members: self.optional_members.clone(),
            listed_values: self.listed_values.clone(),
            existing_things: self.existing_things.clone(),
            failures,
            errata: self.errata.clone(),
            ..ContractSource::default()
        };
        Commented { value, comments }
    }

    /// Returns the failures with a status; the others become comments between them.
    fn failures(&self, comments: &mut Comments) -> Vec<FailureSource> {
        let mut failures: Vec<FailureSource> = Vec::new();
        let mut above: Vec<Note> = Vec::new();
        for draft in &self.failures {
            let mut source = draft.source.clone();
            // The link of the whole contract need not be repeated.
            source.documentation = source.documentation.filter(|link| *link != self.documentation);
            above.extend(draft.guess.as_ref().map(|guess| Note::from(format!("guessed: {guess}"))));
            if draft.source.status.0.is_empty() {
                let mut inner = Comments::default();
                inner.beside("/status", "not documented");
                above.push(Note::item_without(&source, "id", "status", inner));
                continue;
            }
            let at = format!("/failures/{}", failures.len());
            above.drain(..).for_each(|note| comments.before(at.clone(), note));
            draft.propose_headers(&at, comments);
            failures.push(source);
        }
        if !failures.is_empty() {
            above.into_iter().for_each(|note| comments.after("/failures", note));
        }
        failures
    }
}

/// Shortens a text of a document that becomes a part of the first line of a file.
fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}
