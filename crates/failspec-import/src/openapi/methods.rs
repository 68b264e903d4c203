//! Requests with methods that a path does not have.

use std::collections::BTreeSet;

use failspec_pack::{
    openapi::{Operation, Parameter, ParameterLocation},
    pack::{PathTemplate, fault_kind},
};

use super::{
    changing_reads::{changes_by_reading, is_changing_call},
    crud::bare,
    effects::{chooses_one, destroys, sets_up},
    fault_kind::FaultKind,
    faults::Fault,
    fixtures::Fixtures,
    generate::{Generator, declares},
    path_values::{CreatedResources, names},
    reach::Reach,
    request_spec::{Body, RequestSpec},
    valid_request::ValidRequest,
};

impl<'a> Generator<'a> {
    /// Generates one request for each path, with a method that it does not have.
    pub(super) fn methods(&mut self) {
        let all = &self.declared.api.operations;
        let mut declaring: Vec<&Operation> = all.iter().collect();
        declaring.sort_by_key(|it| (!declares(it, 405), it.method != "GET"));
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for operation in declaring {
            // The valid request would be sent as the control.
            if self.skips(operation) || !seen.insert(&operation.path) {
                continue;
            }
            // A server that ignores the method would carry out what the name of its GET says.
            if all.iter().any(|other| other.path == operation.path && changes_by_reading(other)) {
                let why = "a server that ignores the method would carry it out";
                self.leave_out(why, operation, "wrong method");
                continue;
            }
            // Another path may match the same address: `/rules/{id}` matches `/rules/convert`.
            // And many servers redirect to the same address with or without `/` at the end.
            let other = match operation.path.strip_suffix('/') {
                Some(short) => short.to_owned(),
                None => format!("{}/", operation.path),
            };
            let has = |method: &str| {
                [&operation.path, &other].iter().any(|path| self.declared.operation(method, path).is_some())
            };
            // DELETE is never sent: an API that supports it without declaring it may delete everything.
            let method = ["GET", "PATCH", "PUT", "POST"].into_iter().find(|method| !has(method));
            // Many servers look at the method only where they are told to.
            let is_declared = declares(operation, 405);
            let may_carry_out = chooses_one(operation)
                || !is_declared && destroys(operation)
                || is_changing_call(operation) && !needs_values(operation);
            if method.is_some() && may_carry_out {
                let why = "a server that ignores the method would carry it out";
                self.leave_out(why, operation, "wrong method");
                continue;
            }
            match method {
                Some("GET") => self.reading(operation, is_declared),
                Some(method) => self.writing(operation, method),
                // DELETE is the only one that it lacks.
                None => self.tracing(operation),
            }
        }
    }

    /// Generates a GET request. It changes nothing, whether or not the resource exists; but unless the document promises to
    /// refuse it (405), it is sent only where nothing of others would change if the server ignored the method.
    fn reading(&mut self, operation: &'a Operation, is_declared: bool) {
        let right = if self.allow_writes { self.right(operation) } else { self.unsent(operation) };
        let Ok(right) = right else { return };
        if !is_declared && right.reach == Reach::Foreign {
            return self.tracing(operation);
        }
        let mut faulty = RequestSpec::of(operation, right.ask.path.clone(), right.ask.credentials);
        "GET".clone_into(&mut faulty.method);
        faulty.role.clone_from(&right.ask.role);
        self.wrong_method(operation, &right, faulty);
    }

    fn writing(&mut self, operation: &'a Operation, method: &str) {
        if !self.allow_writes {
            return self.tracing(operation);
        }
        let Ok(right) = self.right(operation) else { return };
        let last = operation.path.rfind('}').map(|end| bare(&operation.path[..=end]));
        let is_of_others = last.is_some_and(|last| !right.around.made.contains_key(&last));
        if is_of_others || right.reach == Reach::Foreign || self.has_settings(&operation.path) {
            return self.tracing(operation);
        }
        let mut faulty = RequestSpec { method: method.to_owned(), ..right.ask.clone() };
        if is_changing_call(operation) {
            faulty.query.clear();
            faulty.body = None;
        }
        // A method that has a body lacks nothing but its declaration.
        faulty.body.get_or_insert_with(|| Body::Json(serde_json::json!({})));
        self.wrong_method(operation, &right, faulty);
    }

    /// Returns true if an operation on a path without an id changes what the system has one of: a server that does not look at the
    /// method would do that for any.
    fn has_settings(&self, path: &str) -> bool {
        let changes = |it: &&Operation| matches!(it.method.as_str(), "PUT" | "PATCH") || sets_up(it);
        let mut on_path = self.declared.api.operations.iter().filter(|it| it.path == path);
        names(path).is_empty() && on_path.any(|it| changes(&it))
    }

    /// Generates a TRACE request, which changes nothing (RFC 9110, section 9.3.8), where another method that the path does not
    /// have could change what the run did not create. It is sent only to paths that can be read: a server that ignores the
    /// method then reads.
    fn tracing(&mut self, operation: &'a Operation) {
        let read = self.declared.operation("GET", &operation.path);
        let read = read.filter(|it| it.path == operation.path && !self.skips(it));
        let Some(read) = read.filter(|_| self.declared.operation("TRACE", &operation.path).is_none()) else {
            let why = "every other method could change data that the run did not create";
            return self.leave_out(why, operation, "wrong method");
        };
        let Ok(right) = self.unsent(read) else { return };
        let faulty = RequestSpec { method: "TRACE".to_owned(), ..right.ask.clone() };
        self.wrong_method(operation, &right, faulty);
    }

    fn wrong_method(&mut self, operation: &'a Operation, right: &ValidRequest, faulty: RequestSpec) {
        let rule = format!("{}/responses/405", operation.pointer);
        let what = format!("asked_with_{}", faulty.method.to_ascii_lowercase());
        let fault =
            Fault::new(FaultKind::Method, what, rule, faulty).of_kind(fault_kind::UNDECLARED_METHOD, "");
        self.note(operation, right, fault);
    }

    /// Builds a request with only the address and the credentials of an operation. Its reach is [`Reach::Foreign`],
    /// so it is never sent itself.
    pub(super) fn unsent(&mut self, operation: &Operation) -> Result<ValidRequest, String> {
        let filled = self.paths.fill(operation, &CreatedResources::new(), &[]);
        PathTemplate::parse(&filled.path).map_err(|error| error.to_string())?;
        let ask = self.addressed(operation, filled.path);
        Ok(ValidRequest {
            ask,
            body: None,
            around: Fixtures::default(),
            open: filled.open,
            reach: Reach::Foreign,
            foreign_body: false,
            named: None,
        })
    }
}

/// Returns true if an operation does nothing without values that it requires: without them, a server that ignores the method refuses it.
fn needs_values(operation: &Operation) -> bool {
    let is_needed = |it: &Parameter| {
        it.required && matches!(it.place, ParameterLocation::Query | ParameterLocation::Header)
    };
    operation.body_required || operation.parameters.iter().any(is_needed)
}
