//! Requests of roles that may not do what the user of the import may: one without the permission, and another tenant, who
//! must see nothing of the first.

use failspec_pack::{
    openapi::{Content, Operation, ResponseStatus},
    pack::{
        Pointer, StatusPattern,
        writing::{ExpectSource, Override, SchemaSource, StepSource},
    },
};
use serde_json::{Map, Value, json};

use super::{
    crud::bare,
    effects::only_reads,
    fault_kind::FaultKind,
    faults::Fault,
    fixtures::Fixtures,
    generate::{Generator, declares, names_any},
    reach::Reach,
    request_spec::{Body, RequestSpec},
    scenario::{Goal, Question, step},
    valid_request::ValidRequest,
    value_generator::UNIQUE,
};

impl<'a> Generator<'a> {
    /// Generates the requests to an operation as the other roles of the import.
    pub(super) fn as_others(&mut self, operation: &'a Operation, right: &ValidRequest) {
        if let Some(role) = self.denied_role.clone() {
            self.as_denied(operation, right, &role);
        }
        if let Some(role) = self.other_role.clone() {
            self.as_other_tenant(operation, right, &role);
        }
    }

    /// Generates the request of a role with valid credentials and without the permission.
    fn as_denied(&mut self, operation: &'a Operation, right: &ValidRequest, role: &str) {
        let what = format!("as {role}");
        if !right.ask.credentials {
            let why = "its requests have no credentials, so every role is the same";
            return self.leave_out(why, operation, &what);
        }
        if let Some(own) = &right.ask.role {
            let why = format!("it takes another credential than most operations, that of the role {own}");
            return self.leave_out(&why, operation, &what);
        }
        if !operation.is_guarded() && !declares(operation, 403) {
            let why = "it is not guarded and declares no 403: every role may call it";
            return self.leave_out(why, operation, &what);
        }
        let (mut class, mut names_own) = (FaultKind::Denied, false);
        let mut faulty = right.ask.clone();
        match right.reach {
            Reach::Foreign => {
                let Ok(Some(nothing)) = self.of_nothing(operation, right) else {
                    let why = "it would change data that the run did not create";
                    return self.leave_out(why, operation, &what);
                };
                (faulty.path, class) = (nothing.faulty.path, FaultKind::DeniedForUnknown);
                names_own = nothing.names_own;
            }
            Reach::Fresh if !self.is_removable(operation) && !self.allow_leftovers => {
                let why = "what it creates could not be deleted (--allow-leftovers)";
                return self.leave_out(why, operation, &what);
            }
            Reach::OfNothing => class = FaultKind::DeniedForUnknown,
            Reach::Nothing | Reach::Own | Reach::Fresh => {}
        }
        faulty.role = Some(role.to_owned());
        let rule = match declares(operation, 403) {
            true => format!("{}/responses/403", operation.pointer),
            false => format!("{}/security", operation.pointer),
        };
        let fault = Fault::new(class, what.replace(' ', "_"), rule, faulty);
        self.note_as_role(operation, right, Fault { names_own, ..fault }, Vec::new());
    }

    /// Generates the request of another tenant for what the first one created.
    fn as_other_tenant(&mut self, operation: &'a Operation, right: &ValidRequest, role: &str) {
        let what = format!("as {role}");
        if names_any(&self.shared, operation) {
            return self.leave_out("--shared", operation, &what);
        }
        if !right.ask.credentials {
            let why = "its requests have no credentials, so every role is the same";
            return self.leave_out(why, operation, &what);
        }
        if let Some(own) = &right.ask.role {
            let why = format!("it takes another credential than most operations, that of the role {own}");
            return self.leave_out(&why, operation, &what);
        }
        // A change that gives another name than the creation is seen if it takes effect.
        let is_change = matches!(operation.method.as_str(), "PUT" | "PATCH");
        let names = right.ask.unique_names();
        let renamed = names.first().filter(|_| is_change).map(|name| {
            let ask = right.ask.clone().renamed(name, &format!("{UNIQUE}-other"));
            ValidRequest { ask, ..right.clone() }
        });
        let right = renamed.as_ref().unwrap_or(right);
        let mut faulty = right.ask.clone();
        faulty.role = Some(role.to_owned());
        let Some(item) = innermost(right) else {
            if right.reach == Reach::Nothing {
                return self.list_as_other_tenant(operation, right, role, faulty);
            }
            return self.leave_out("it names nothing that the first tenant created", operation, &what);
        };
        // Who creates something without credentials owns nothing.
        let is_owned = right.around.requests.get(&item).is_some_and(|make| make.credentials);
        if !is_owned {
            let why = "what it names is created without credentials, so it belongs to nobody";
            return self.leave_out(why, operation, &what);
        }
        let (class, then) = match right.reach {
            Reach::Nothing => (FaultKind::NotYours, Vec::new()),
            Reach::Own | Reach::Fresh
                if right.reach == Reach::Own || self.allow_leftovers || self.is_removable(operation) =>
            {
                (FaultKind::NotYoursToChange, self.unchanged(operation, right, &item, &what))
            }
            Reach::Own | Reach::Fresh => {
                let why = "what it creates could not be deleted (--allow-leftovers)";
                return self.leave_out(why, operation, &what);
            }
            Reach::Foreign | Reach::OfNothing => {
                let why = "it would change data that the run did not create";
                return self.leave_out(why, operation, &what);
            }
        };
        let rule = format!("{}/security", operation.pointer);
        let fault = Fault::new(class, what.replace(' ', "_"), rule, faulty);
        self.note_as_role(operation, right, fault, then);
    }

    /// Generates the request of another tenant for a list. Anybody may list what is his own, but must not see in it what the
    /// first one created.
    fn list_as_other_tenant(
        &mut self,
        operation: &'a Operation,
        right: &ValidRequest,
        role: &str,
        faulty: RequestSpec,
    ) {
        let (mut around, mut then) = (right.around.clone(), Vec::new());
        match self.not_listed(operation, &mut around, &faulty) {
            Some(step) => then.push(step),
            None => {
                let why = "its response to another tenant is not searched for what the first one created";
                self.leave_out(why, operation, &format!("as {role}"));
            }
        }
        let what = format!("open_as_{role}");
        let rule = operation.pointer.clone();
        let before = self.scenarios.len();
        self.add(operation, Question::Access, &what, &rule, Goal::NoServerError, around, faulty);
        for scenario in self.scenarios.iter_mut().skip(before) {
            scenario.then.clone_from(&then);
            for step in scenario.around.setup.iter_mut().chain(&mut scenario.around.teardown) {
                step.request.role.get_or_insert(Override::Removed);
            }
        }
    }

    /// Creates what a list could show, and returns the step that shows that it does not; `None` if the list is none of what
    /// can be created, or nothing tells the thing apart from others.
    fn not_listed(
        &mut self,
        operation: &'a Operation,
        around: &mut Fixtures,
        list: &RequestSpec,
    ) -> Option<StepSource> {
        let is_list = operation.method == "GET" && has_json_success(operation);
        let creator = self.creators.of_collection(operation).filter(|_| is_list)?;
        let mut whole = around.clone();
        self.make(creator, &mut whole, 0)?;
        let made = whole.requests.get(&bare(&creator.remove.path)).filter(|make| make.credentials)?;
        // An id that is a number may be that of something else, anywhere in the list; a name is that of the thing.
        let names: Vec<Value> = made.unique_names().iter().map(|name| json!({ "const": name })).collect();
        if names.is_empty() {
            return None;
        }
        let shows = json!({ "$ref": "#/$defs/shows" });
        let within = [
            json!({ "type": "array", "contains": shows }),
            json!({ "type": "object", "not": { "additionalProperties": { "not": shows } } }),
        ];
        let anywhere: Vec<Value> = names.into_iter().chain(within).collect();
        let schema = json!({ "not": shows, "$defs": { "shows": { "anyOf": anywhere } } });
        let expect = ExpectSource {
            status: vec![StatusPattern::Class(2)].into(),
            body: vec![(Pointer::from_steps([]), SchemaSource::Inline(schema))],
            ..ExpectSource::default()
        };
        *around = whole;
        Some(StepSource { expect: Some(expect), ..step(list, None) })
    }

    /// Adds the scenario of a request as another role. Its other requests are those of the user of the import, also where they
    /// have no credentials.
    fn note_as_role(
        &mut self,
        operation: &'a Operation,
        right: &ValidRequest,
        fault: Fault,
        then: Vec<StepSource>,
    ) {
        let before = self.scenarios.len();
        self.note(operation, right, fault);
        for scenario in self.scenarios.iter_mut().skip(before) {
            scenario.then.clone_from(&then);
            let Fixtures { setup, teardown, .. } = &mut scenario.around;
            for step in setup.iter_mut().chain(teardown) {
                step.request.role.get_or_insert(Override::Removed);
            }
        }
    }

    /// Returns the step that shows the first tenant that its thing is still there, and has no value that the other one sent.
    fn unchanged(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
        item: &str,
        what: &str,
    ) -> Vec<StepSource> {
        let look = self.creators.of_item(item).and_then(|creator| self.look(creator, &right.around.made));
        let Some(look) = look else {
            let why = "nothing reads what another tenant may have changed: a success is only a warning";
            self.leave_out(why, operation, what);
            return Vec::new();
        };
        let made = right.around.requests.get(item);
        let foreign = made.map(|made| differing(&right.ask, made)).unwrap_or_default();
        if foreign.is_empty() && matches!(right.ask.method.as_str(), "PUT" | "PATCH") {
            let why = "the body has no value that differs from what was created: only a deletion would show";
            self.leave_out(why, operation, what);
        }
        // A response may have the thing itself, or in `data`.
        let has = |(name, value): (&String, &Value)| {
            let thing = json!({ "required": [name], "properties": { name: { "const": value } } });
            let inside = json!({ "required": ["data"], "properties": { "data": thing } });
            [thing, inside]
        };
        let has_any: Vec<Value> = foreign.iter().flat_map(has).collect();
        let reads = look.method == "GET";
        let body = (reads && !has_any.is_empty())
            .then(|| (Pointer::from_steps([]), SchemaSource::Inline(json!({ "not": { "anyOf": has_any } }))));
        let expect = ExpectSource {
            status: vec![StatusPattern::Class(2)].into(),
            body: body.into_iter().collect(),
            ..ExpectSource::default()
        };
        let mut look = step(&look, None);
        look.request.role.get_or_insert(Override::Removed);
        vec![StepSource { expect: Some(expect), ..look }]
    }

    /// Returns true if the teardown can remove what an operation creates.
    fn is_removable(&self, operation: &Operation) -> bool {
        only_reads(operation) || self.creators.of_collection(operation).is_some()
    }
}

/// Returns true if an operation declares a success in JSON.
fn has_json_success(operation: &Operation) -> bool {
    let is_success = |status: ResponseStatus| {
        matches!(status, ResponseStatus::Exactly(200..300) | ResponseStatus::Class(2))
    };
    let mut successes = operation.responses.iter().filter(|it| is_success(it.status));
    successes.any(|it| it.content.iter().any(Content::is_json))
}

/// Returns the bare path of the innermost thing in the path of a request that the scenario created.
fn innermost(right: &ValidRequest) -> Option<String> {
    let named =
        right.around.made.iter().filter(|(_, capture)| right.ask.path.contains(&format!("{{{capture}}}")));
    named.max_by_key(|(item, _)| item.len()).map(|(item, _)| item.clone())
}

/// Returns the members of the body of a request that have another value than when the thing was created.
fn differing(ask: &RequestSpec, made: &RequestSpec) -> Map<String, Value> {
    let (Some(Body::Json(Value::Object(sent))), Some(Body::Json(Value::Object(created)))) =
        (&ask.body, &made.body)
    else {
        return Map::new();
    };
    // A member that was not sent at the creation may have any value, also this one, unless it is unique to the run.
    let is_other = |(name, value): &(&String, &Value)| {
        let is_plain = value.is_string() || value.is_number() || value.is_boolean();
        let is_unique = || value.as_str().is_some_and(|text| text.contains(UNIQUE) && !text.contains("$${"));
        is_plain && created.get(*name).map_or_else(is_unique, |created| created != *value)
    };
    sent.iter().filter(is_other).map(|(name, value)| (name.clone(), value.clone())).collect()
}
