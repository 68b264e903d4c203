//! Requests without a fault: they should succeed, or at least not break the server.

use failspec_pack::{
    openapi::Operation,
    pack::{
        StatusPattern, fault_kind,
        writing::{ExpectSource, StepSource},
    },
};

use crate::names::slug;

use super::{
    body::{Members, with},
    crud::bare,
    effects::only_reads,
    fixtures::Fixtures,
    generate::Generator,
    invalid_value::core,
    named_things::Named,
    path_values::{SPARE, names, parameter},
    reach::Reach,
    request_spec::{Body, RequestSpec},
    scenario::{Goal, Question, step},
    valid_request::{ValidRequest, json_body},
    value_generator::{UNIQUE, kind},
};

impl<'a> Generator<'a> {
    /// Generates the requests to an operation that break no rule: the valid one, and those that only the state makes
    /// unusual, such as the same creation twice.
    pub(super) fn without_fault(&mut self, operation: &'a Operation, right: &ValidRequest) {
        let creates = operation.method == "POST" && !only_reads(operation);
        let creator = if creates { self.creators.of_collection(operation) } else { None };
        match right.reach {
            // The setup of its scenarios is the valid request.
            Reach::Own | Reach::Fresh if creator.is_some() => self.created_twice(operation, right),
            Reach::Nothing => {
                self.sent_once(operation, right);
                self.as_head(operation, right);
                self.list_with_a_thing(operation, right);
            }
            Reach::Own => {
                self.unknown_name(operation, right);
                self.sent_once(operation, right);
                self.sent_twice(operation, right);
                self.taken_name(operation, right);
                self.taken_name_in_path(operation, right);
                self.removed(operation, right);
                self.removed_in_use(operation, right);
            }
            Reach::Fresh if self.allow_leftovers || self.removal_by_texts(operation).is_some() => {
                self.sent_once(operation, right)
            }
            Reach::OfNothing => self.unknown_name(operation, right),
            Reach::Fresh | Reach::Foreign => {}
        }
    }

    fn sent_once(&mut self, operation: &'a Operation, right: &ValidRequest) {
        let (around, ask) = (right.around.clone(), right.ask.clone());
        self.add(operation, Question::Valid, "valid", &operation.pointer, Goal::Success, around, ask);
    }

    /// Generates the request in which what its query or body names does not exist. A server may take what it should do for done.
    fn unknown_name(&mut self, operation: &'a Operation, right: &ValidRequest) {
        let Some(named) = &right.named else { return };
        let ask = named.without_own(right.ask.clone());
        let around = if named.has_own() { Fixtures::default() } else { right.around.clone() };
        let what = format!("{}_names_nothing", slug(&named.part));
        let (question, rule) = (Question::UnknownId, &operation.pointer);
        self.add(operation, question, &what, rule, Goal::NoServerError, around, ask);
        if let Some(scenario) = self.scenarios.last_mut() {
            fault_kind::UNKNOWN_REFERENCE.clone_into(&mut scenario.fault);
            scenario.part = Some(named.part.clone());
        }
    }

    /// Generates the request for the headers of a resource that can be read (RFC 9110, section 9.3.2). If it is refused, a GET shows
    /// whether the method is the reason.
    fn as_head(&mut self, operation: &'a Operation, right: &ValidRequest) {
        if operation.method != "GET" || self.declared.operation("HEAD", &operation.path).is_some() {
            return;
        }
        let ask = RequestSpec { method: "HEAD".to_owned(), ..right.ask.clone() };
        let around = right.around.clone();
        let (question, rule) = (Question::Unusual, &operation.pointer);
        self.add(operation, question, "asked_with_head", rule, Goal::NoServerError, around, ask);
        if let Some(scenario) = self.scenarios.last_mut() {
            fault_kind::HEAD.clone_into(&mut scenario.fault);
            let any = [2, 3, 4, 5].map(StatusPattern::Class).to_vec();
            let expect = ExpectSource { status: any.into(), ..ExpectSource::default() };
            scenario.then.push(StepSource { expect: Some(expect), ..step(&right.ask, None) });
        }
    }

    /// Generates requests to list things while there is one: much of what a server does wrong shows only then. What breaks it most
    /// often is asked once more.
    fn list_with_a_thing(&mut self, operation: &'a Operation, right: &ValidRequest) {
        const KINDS: [&str; 4] = ["beyond_64_bits", "beyond_the_end", "unbalanced", "order_of_unknown_field"];
        let creator = self.creators.of_item(&format!("{}/{{}}", bare(&operation.path)));
        let Some(creator) = creator.filter(|_| self.allow_writes && operation.method == "GET") else {
            return;
        };
        let mut around = right.around.clone();
        if self.make(creator, &mut around, 0).is_none() {
            return;
        }
        let (ask, rule) = (right.ask.clone(), &operation.pointer);
        self.add(operation, Question::Valid, "valid_with_a_thing", rule, Goal::Success, around.clone(), ask);
        let mut seen: Vec<String> = Vec::new();
        for fault in self.faults(operation, right) {
            if KINDS.contains(&fault.kind.as_str()) && fault.class.is_allowed() && !seen.contains(&fault.kind)
            {
                seen.push(fault.kind.clone());
                let what = format!("{}_with_a_thing", fault.what);
                let around = around.clone();
                self.add(
                    operation,
                    Question::Unusual,
                    &what,
                    &fault.rule,
                    Goal::NoServerError,
                    around,
                    fault.faulty,
                );
                if let Some(scenario) = self.scenarios.last_mut() {
                    (scenario.fault, scenario.part) = (fault.kind, fault.part);
                }
            }
        }
    }

    /// Generates the same creation twice. A declared 409 may be about something else.
    fn created_twice(&mut self, operation: &'a Operation, right: &ValidRequest) {
        let Some(creator) = self.creators.of_collection(operation) else { return };
        let mut around = right.around.clone();
        if self.make(creator, &mut around, 0).is_none() {
            return;
        }
        let Some(again) = around.requests.get(&bare(&creator.remove.path)).cloned() else { return };
        self.add(
            operation,
            Question::State,
            "created_twice",
            &operation.pointer,
            Goal::NoServerError,
            around,
            again,
        );
    }

    /// Generates the same request twice, for an operation on what the scenario created.
    fn sent_twice(&mut self, operation: &'a Operation, right: &ValidRequest) {
        if operation.is_safe() {
            return;
        }
        let by_number = right.named.as_ref().is_some_and(Named::is_number);
        if operation.method == "DELETE" && (by_number || self.is_known_by_number(operation)) {
            let why = "a server may give the number of what was removed to somebody else";
            return self.leave_out(why, operation, "sent twice");
        }
        let mut around = right.around.clone();
        around.setup.push(step(&right.ask, None));
        let ask = right.ask.clone();
        self.add(
            operation,
            Question::State,
            fault_kind::SENT_TWICE,
            &operation.pointer,
            Goal::NoServerError,
            around,
            ask,
        );
    }

    /// Returns true if the path of an operation ends with a number.
    fn is_known_by_number(&self, operation: &Operation) -> bool {
        let own = names(&operation.path).last().and_then(|name| parameter(operation, name));
        let schema = own.and_then(|own| own.schema.as_ref());
        let entries = schema.and_then(|schema| core(&self.declared.api.bundle, schema).as_object());
        entries.and_then(kind).is_some_and(|kind| matches!(kind, "integer" | "number"))
    }

    /// Returns a change with the member in it that has the name in the creation, and this name.
    fn with_name_of(
        &self,
        operation: &Operation,
        right: &ValidRequest,
        made: &RequestSpec,
        name: &str,
        taken: &str,
    ) -> Option<RequestSpec> {
        let schema = json_body(operation)?.schema.as_ref()?;
        let (Some(Body::Json(created)), Some(Body::Json(own))) = (&made.body, &right.ask.body) else {
            return None;
        };
        let mut members = created.as_object()?.iter();
        let (member, _) = members.find(|(_, value)| value.as_str() == Some(name))?;
        let known = Members::of(&self.declared.api.bundle, schema, 0).properties;
        known.iter().find(|(known, _)| known == member)?;
        let body = with(own, std::slice::from_ref(member), Some(&taken.into()))?;
        Some(RequestSpec { body: Some(Body::Json(body)), ..right.ask.clone() })
    }

    /// Generates a change that gives what the scenario created the name of another such thing.
    fn taken_name(&mut self, operation: &'a Operation, right: &ValidRequest) {
        let item = bare(&operation.path);
        if !matches!(operation.method.as_str(), "PUT" | "PATCH") {
            return;
        }
        // A PUT under an id of its own would change the first thing, and not create another.
        let creator = self.creators.of_item(&item).filter(|creator| !creator.is_by_address());
        let Some(creator) = creator else { return };
        let Some(made) = right.around.requests.get(&item) else { return };
        let taken = format!("{UNIQUE}-taken");
        let Some(name) = made.unique_names().into_iter().next() else { return };
        let other: RequestSpec = made.clone().renamed(&name, &taken);
        let mut around = right.around.clone();
        let Some((spare, remove)) = self.spare(creator, &around, &other) else { return };
        around.setup.push(step(&other, spare.map(|(_, id)| (SPARE, id))));
        around.teardown.push(remove);
        let own = right.ask.unique_names();
        let faulty = match own.first() {
            Some(own) => right.ask.clone().renamed(own, &taken),
            // A change need not have the name in it.
            None => {
                let Some(faulty) = self.with_name_of(operation, right, made, &name, &taken) else { return };
                faulty
            }
        };
        self.add(
            operation,
            Question::State,
            "taken_name",
            &operation.pointer,
            Goal::NoServerError,
            around,
            faulty,
        );
    }
}
