//! Generation of scenarios, one operation after another.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use wildmatch::WildMatch;

use crate::names::{Unique, slug};
use failspec_pack::{
    openapi::{Declared, Operation},
    pack::writing::{ExistingThingSource, ListedValueSource, StepSource},
};

use super::{
    actions::adds_person,
    changing_reads::changes_by_reading,
    crud::CreateOperations,
    effects::{chooses_one, destroys, only_reads, renames_untold},
    failure_catalog::FailureCatalog,
    fault_kind::FaultKind,
    faults::Fault,
    fixtures::Fixtures,
    listed_values::Lists,
    odd_addresses::may_be_another_route,
    path_values::Paths,
    reach::Reach,
    registration_tokens::has_token_of_another,
    request_spec::RequestSpec,
    scenario::{Control, Goal, Question, Scenario},
    scheme_roles::SchemeRoles,
    second_credentials::SecondCredentials,
    spared_things::of_nothing,
    valid_request::ValidRequest,
    value_generator::ValueGenerator,
};

/// Generates the scenarios of a document.
pub(super) struct Generator<'a> {
    pub declared: &'a Declared,
    pub sampler: ValueGenerator<'a>,
    pub catalogue: FailureCatalog<'a>,
    pub paths: Paths<'a>,
    pub creators: CreateOperations<'a>,
    pub open: OpenOperations<'a>,
    /// The bare paths of the resources that are being created at the moment, so that none of them requires itself.
    pub making: Vec<String>,
    pub allow_writes: bool,
    /// True if valid requests may create resources that cannot be deleted.
    pub allow_leftovers: bool,
    /// True if every request has credentials.
    pub credentials: bool,
    /// True if no request has credentials, whatever the document says: the API is meant to be open.
    pub no_auth: bool,
    /// True if one large body is sent.
    pub large_body: bool,
    /// True once a scenario sends it.
    pub sent_large: bool,
    /// True once a scenario sends a body of many lists within each other, which `large_body` demands too.
    pub sent_deep: bool,
    /// The number of operations whose free texts in a parameter were asked, by the name of the parameter.
    pub asked_parameters: HashMap<String, usize>,
    /// The number of operations in which a fault in a shared schema was asked.
    pub asked_parts: HashMap<String, usize>,
    /// Operations that are skipped, by method and path or by id.
    pub skip: Vec<WildMatch>,
    /// The role with valid credentials that may call no guarded operation.
    pub denied_role: Option<String>,
    /// The role of another tenant.
    pub other_role: Option<String>,
    /// Operations that show to all tenants what belongs to one, by method and path or by id.
    pub shared: Vec<WildMatch>,
    pub names: Unique,
    /// The API keys that operations need beside the credential of the role.
    pub second_credentials: SecondCredentials,
    /// The roles of operations that do not take the credential of the main one.
    pub scheme_roles: SchemeRoles,
    pub scenarios: Vec<Scenario>,
    /// Members that a valid body of an operation may have and does not, by operation.
    pub optional_members: Vec<(String, Vec<(String, Value)>)>,
    /// The lists of the API, and from which of them members of bodies may get values, by operation.
    pub lists: Lists<'a>,
    pub listed_values: Vec<(String, Vec<(String, ListedValueSource)>)>,
    /// The requests that capture the id of a thing from a list of the API, by the name of the capture.
    pub listed_ids: BTreeMap<String, StepSource>,
    /// Things that are there already, in place of those that the API refuses to create, by operation.
    pub existing_things: Vec<(String, ExistingThingSource)>,
    /// The faults that cannot be triggered: reason → descriptions, in the order in which they were found.
    pub left_out: BTreeMap<String, Vec<String>>,
}

impl<'a> Generator<'a> {
    /// Generates the scenarios of all operations.
    pub fn run(&mut self) {
        self.find_listed_ids();
        for operation in &self.declared.api.operations {
            if names_any(&self.skip, operation) {
                self.leave_out("--skip", operation, "everything");
                continue;
            }
            if ends_session(operation) {
                self.leave_out("it would log the run out", operation, "everything");
                continue;
            }
            if changes_by_reading(operation) {
                let why = "it is a GET whose name says that it changes something, and nothing says what";
                self.leave_out(why, operation, "everything");
                continue;
            }
            if self.leaves_person(operation) {
                let why = "it adds or invites a person, who would stay or get a message (--allow-leftovers)";
                self.leave_out(why, operation, "everything");
                continue;
            }
            if let Some(server) = &operation.elsewhere {
                let why = format!("it is on another server: {}", server.escape_debug());
                self.leave_out(&why, operation, "everything");
                continue;
            }
            if !operation.is_safe() && !self.allow_writes {
                self.leave_out("it writes: sent only with --allow-writes", operation, "everything");
                continue;
            }
            if matches!(operation.method.as_str(), "HEAD" | "TRACE" | "OPTIONS") {
                self.leave_out("its method has no faults of its own", operation, "everything");
                continue;
            }
            if chooses_one(operation) {
                let why =
                    "it chooses one of several things, and which one was chosen before could not be restored";
                self.leave_out(why, operation, "everything");
                continue;
            }
            if renames_untold(operation) {
                let why = "nothing in its path says what gets the new name: it may be what the credentials belong to";
                self.leave_out(why, operation, "everything");
                continue;
            }
            let before = self.named();
            match self.right(operation) {
                Ok(right) => {
                    self.note_optional_members(operation, &right);
                    self.note_listed_values(operation, &right);
                    self.operation(operation, &right);
                    self.without_fault(operation, &right);
                    self.as_others(operation, &right);
                }
                Err(reason) => self.leave_out(&reason, operation, "everything"),
            }
            if self.named() == before {
                self.leave_out("the document describes no fault of it", operation, "everything");
            }
        }
        self.methods();
        self.path_that_does_not_exist();
        self.read_lists();
        self.find_existing_things();
        self.capture_tokens();
    }

    /// Returns the number of scenarios and of faults that were left out.
    fn named(&self) -> usize {
        self.scenarios.len() + self.left_out.values().map(Vec::len).sum::<usize>()
    }

    pub(super) fn skips(&self, operation: &Operation) -> bool {
        names_any(&self.skip, operation) || is_never_sent(operation) || self.leaves_person(operation)
    }

    /// Returns true if an operation would add or invite a person to what the run created, and nothing could remove them.
    fn leaves_person(&self, operation: &Operation) -> bool {
        !self.allow_leftovers
            && operation.path.contains('{')
            && self.creators.of_collection(operation).is_none()
            && adds_person(&self.declared.api, operation)
    }

    pub(super) fn leave_out(&mut self, why: &str, operation: &Operation, what: &str) {
        self.left_out.entry(why.to_owned()).or_default().push(format!("{} ({what})", operation.name()));
    }

    fn operation(&mut self, operation: &'a Operation, right: &ValidRequest) {
        if !self.no_auth && !self.credentials && self.may_want_credentials(operation) {
            let why = "declares 401 and no `security`, which others have: its requests carry the credentials of those, \
                       and no rule says that it refuses requests without them";
            self.leave_out(why, operation, "without credentials");
        }
        let mut faults = self.faults(operation, right);
        if right.reach == Reach::Foreign {
            faults = self.touching_nothing(operation, right, faults);
        }
        faults = self.sparing_others(operation, right, faults);
        self.leave_out_unremovable(operation, right, &mut faults);
        let is_lasting = right.reach == Reach::Fresh
            && self.creators.of_collection(operation).is_none()
            && self.removal_by_texts(operation).is_none();
        if is_lasting && !self.allow_leftovers && faults.iter().any(|fault| fault.tolerated) {
            let why = "most servers accept it, and what it creates could not be deleted (--allow-leftovers)";
            for fault in faults.extract_if(.., |fault| fault.tolerated) {
                self.leave_out(why, operation, &fault.what.replace('_', " "));
            }
        }
        if is_lasting {
            self.limit_lasting(operation, &mut faults);
        }
        self.limit(operation, &mut faults);
        for mut fault in faults {
            let of_nothing = of_nothing(right, &mut fault);
            self.note(operation, of_nothing.as_ref().unwrap_or(right), fault);
        }
    }

    /// Keeps only the requests that cannot change data that existed before the run, because their paths name no
    /// existing resource. Even if the API does not reject them, nothing is lost.
    fn touching_nothing(
        &mut self,
        operation: &'a Operation,
        right: &ValidRequest,
        faults: Vec<Fault>,
    ) -> Vec<Fault> {
        let nothing = faults
            .iter()
            .find(|it| it.class == FaultKind::Unknown)
            .map(|it| (it.faulty.path.clone(), it.names_own));
        let all = faults.len();
        let mut kept: Vec<Fault> = faults
            .into_iter()
            .filter_map(|mut fault| match fault.class {
                FaultKind::Unknown | FaultKind::InvalidPath | FaultKind::ZeroId => Some(fault),
                // Only the body would name what the run did not create, and here it names nothing.
                FaultKind::UnknownReference if right.foreign_body => Some(fault),
                // Most APIs check the credentials before the resource, so the resource need not exist.
                FaultKind::Credentials => {
                    (fault.faulty.path, fault.names_own) = nothing.clone()?;
                    fault.class = FaultKind::CredentialsForUnknown;
                    Some(fault)
                }
                _ => None,
            })
            .collect();
        let leaves_out = kept.len() < all;
        kept.extend(self.bulk_changes(operation, right));
        if leaves_out {
            let what = if kept.is_empty() { "everything" } else { "parameters and body" };
            self.leave_out("it would change data that the run did not create", operation, what);
        }
        kept
    }

    pub(super) fn note(&mut self, operation: &'a Operation, right: &ValidRequest, mut fault: Fault) {
        // For example, a parameter of the path that the path does not contain.
        if right.ask == fault.faulty {
            let why = "the request has no place for the fault";
            return self.leave_out(why, operation, &fault.what.replace('_', " "));
        }
        // The token for one thing shows nothing of another, nor of one that is not there (RFC 7592, section 2.1).
        if has_token_of_another(&fault.faulty) {
            match fault.class {
                FaultKind::Unknown => fault.class = FaultKind::CredentialsForUnknown,
                FaultKind::InvalidPath => {
                    let why = "the token for a thing of the run is none for another address";
                    return self.leave_out(why, operation, &fault.what.replace('_', " "));
                }
                _ => {}
            }
        }
        if fault.class.is_allowed() {
            let mut around = right.around.clone();
            around.teardown.extend(fault.teardown.iter().cloned());
            // That a creation which says 200 made something new shows beside another one.
            if operation.method == "POST"
                && right.reach == Reach::Fresh
                && !declares(operation, 201)
                && let Some(creator) = self.creators.of_collection(operation)
            {
                let mut whole = around.clone();
                if self.make(creator, &mut whole, 0).is_some() {
                    around = whole;
                }
            }
            let question = fault.class.question();
            // What names nothing may be refused for that.
            let is_accepted = fault.should_be_accepted() && right.reach != Reach::OfNothing;
            let goal = if is_accepted { Goal::Accepted } else { Goal::NoServerError };
            self.add(operation, question, &fault.what, &fault.rule, goal, around, fault.faulty);
            if let Some(scenario) = self.scenarios.last_mut() {
                scenario.inferred = may_be_another_route(&fault.kind);
                (scenario.fault, scenario.part) = (fault.kind, fault.part);
            }
            return;
        }
        let trigger = match self.catalogue.trigger(operation, fault.class) {
            Ok(trigger) => trigger,
            Err(reason) => return self.leave_out(&reason, operation, &fault.what.replace('_', " ")),
        };
        let (control, mut around) = self.control(operation, right, &fault);
        around.setup.extend(fault.setup.iter().cloned());
        around.teardown.extend(fault.teardown.iter().cloned());
        around.teardown.extend(self.removal_of_unknown(operation, &fault, &around));
        let (question, goal) = (fault.class.question(), Goal::Failure(trigger.failure));
        self.add(operation, question, &fault.what, &fault.rule, goal, around, fault.faulty);
        if let Some(scenario) = self.scenarios.last_mut() {
            scenario.inferred = fault.inferred;
            scenario.control = control;
            (scenario.fault, scenario.part) = (fault.kind, fault.part);
        }
    }

    /// Adds a scenario. If its request creates something, and is not rejected, the teardown removes it.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a part of the scenario, and there are few callers"
    )]
    pub(super) fn add(
        &mut self,
        operation: &'a Operation,
        question: Question,
        what: &str,
        rule: &str,
        goal: Goal,
        mut around: Fixtures,
        faulty: RequestSpec,
    ) {
        let own = operation.id.as_deref().map(slug).filter(|id| !id.is_empty());
        let own = own.unwrap_or_else(|| slug(&operation.name()));
        let name = self.names.name(&format!("{own}_{what}"), "");
        let name = if name.starts_with(|it: char| it.is_ascii_digit()) { format!("op_{name}") } else { name };
        let creates = faulty.method == "POST" && operation.method == "POST" && !only_reads(operation);
        let creator = if creates { self.creators.of_collection(operation) } else { None };
        let spare = creator.and_then(|creator| self.spare(creator, &around, &faulty));
        let removal = self.removal_by_texts(operation).filter(|_| creates && spare.is_none());
        let by_texts = removal.and_then(|removal| self.removed_by_texts(&removal, &faulty));
        let spare = spare.or_else(|| by_texts.map(|(capture, remove)| (Some(capture), remove)));
        let (capture, remove) = spare.unzip();
        let capture = capture.flatten();
        around.teardown.extend(remove);
        self.scenarios.push(Scenario {
            name,
            question,
            goal,
            rule: self.catalogue.link(rule),
            fault: what.to_owned(),
            part: None,
            inferred: false,
            around,
            faulty,
            capture: capture.into_iter().collect(),
            control: Control::None("the request has no fault"),
            control_capture: Vec::new(),
            then: Vec::new(),
        });
    }
}

/// GET operations whose paths have no parameters.
#[derive(Debug, Default)]
pub(super) struct OpenOperations<'a> {
    /// By path, without `/` at the end.
    pub(super) by_path: HashMap<&'a str, &'a Operation>,
    /// By the first segment of the path, the first one that requires no parameter: a generated value may be allowed by the
    /// schema, but not by the API.
    pub(super) by_root: HashMap<&'a str, &'a Operation>,
}

impl<'a> OpenOperations<'a> {
    /// Finds those that may be sent at any time: none that is skipped, and none that ends the session.
    pub fn new(operations: &'a [Operation], skip: &[WildMatch]) -> Self {
        let mut found = Self::default();
        let may_be_sent = |it: &&Operation| !names_any(skip, it) && !is_never_sent(it) && !destroys(it);
        let open = operations.iter().filter(|it| it.method == "GET" && !it.path.contains('{'));
        for operation in open.filter(may_be_sent) {
            found.by_path.entry(operation.path.trim_end_matches('/')).or_insert(operation);
            if operation.parameters.iter().all(|parameter| !parameter.required) {
                found.by_root.entry(root(&operation.path)).or_insert(operation);
            }
        }
        found
    }
}

/// Returns true if an operation ends the session of its caller, judging by its path.
pub(super) fn ends_session(operation: &Operation) -> bool {
    const WORDS: [&str; 3] = ["logout", "signout", "logoff"];
    // Those of the caller, whoever that is.
    const OWN: [&str; 8] = ["session", "login", "auth", "signin", "me", "self", "current", "whoami"];
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let last = plain(operation.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default());
    let id = plain(operation.id.as_deref().unwrap_or_default());
    WORDS.iter().any(|word| last.ends_with(word) || id.ends_with(word))
        || operation.method == "DELETE" && OWN.contains(&last.as_str()) && !operation.path.ends_with('}')
}

/// Returns true if an operation is sent in no case, and as nothing that cases need: it ends the session of the run, or its method says
/// that it reads and its name that it does not.
pub(super) fn is_never_sent(operation: &Operation) -> bool {
    ends_session(operation) || changes_by_reading(operation)
}

/// Returns the first segment of a path.
pub(super) fn root(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

/// Returns true if one of the globs fits the method and path of an operation, or its id.
pub(super) fn names_any(globs: &[WildMatch], operation: &Operation) -> bool {
    let fits = |glob: &WildMatch| {
        glob.matches(&operation.name()) || operation.id.as_deref().is_some_and(|id| glob.matches(id))
    };
    globs.iter().any(fits)
}

/// Returns true if an operation declares exactly this status, not only a range or `default`.
pub(super) fn declares(operation: &Operation, status: u16) -> bool {
    operation.responses.iter().any(|it| it.status == failspec_pack::openapi::ResponseStatus::Exactly(status))
}
