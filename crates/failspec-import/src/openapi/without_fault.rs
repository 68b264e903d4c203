//! Requests without a fault: they should succeed, or at least not break the server.

use failspec_pack::openapi::Operation;

use super::{
    crud::bare,
    generate::Generator,
    path_values::SPARE,
    request_spec::RequestSpec,
    scenario::{Goal, Question, step},
    valid_request::{Reach, ValidRequest, only_reads},
    value_generator::UNIQUE,
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
            Reach::Nothing => self.sent_once(operation, right),
            Reach::Own => {
                self.sent_once(operation, right);
                self.sent_twice(operation, right);
                self.taken_name(operation, right);
            }
            Reach::Fresh if self.allow_leftovers => self.sent_once(operation, right),
            Reach::Fresh | Reach::Foreign => {}
        }
    }

    fn sent_once(&mut self, operation: &'a Operation, right: &ValidRequest) {
        let (around, ask) = (right.around.clone(), right.ask.clone());
        self.add(operation, Question::Valid, "valid", &operation.pointer, Goal::Success, around, ask);
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
        let mut around = right.around.clone();
        around.setup.push(step(&right.ask, None));
        let ask = right.ask.clone();
        self.add(
            operation,
            Question::State,
            "sent_twice",
            &operation.pointer,
            Goal::NoServerError,
            around,
            ask,
        );
    }

    /// Generates a change that gives what the scenario created the name of another such thing.
    fn taken_name(&mut self, operation: &'a Operation, right: &ValidRequest) {
        let names = right.ask.unique_names();
        let item = bare(&operation.path);
        let (Some(own), true) = (names.first(), matches!(operation.method.as_str(), "PUT" | "PATCH")) else {
            return;
        };
        // A PUT under an id of its own would change the first thing, and not create another.
        let creator = self.creators.of_item(&item).filter(|creator| creator.make.method != "PUT");
        let Some(creator) = creator else { return };
        let Some(made) = right.around.requests.get(&item) else { return };
        let taken = format!("{UNIQUE}-taken");
        let Some(name) = made.unique_names().into_iter().next() else { return };
        let other: RequestSpec = made.clone().renamed(&name, &taken);
        let mut around = right.around.clone();
        let Some((spare, remove)) = self.spare(creator, &around, &other) else { return };
        around.setup.push(step(&other, spare.map(|(_, id)| (SPARE, id))));
        around.teardown.push(remove);
        let faulty = right.ask.clone().renamed(own, &taken);
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
