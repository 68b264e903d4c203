//! Controls: the request without the fault, or one near it.

use failspec_pack::openapi::Operation;

use super::{
    crud::CreateOperation,
    effects::only_reads,
    fault_kind::FaultKind,
    faults::Fault,
    fixtures::Fixtures,
    generate::{Generator, root},
    path_values::CreatedResources,
    reach::Reach,
    request_spec::RequestSpec,
    scenario::Control,
    valid_request::ValidRequest,
};

impl<'a> Generator<'a> {
    /// Selects the control: the request without the fault. A request that would leave a resource behind becomes part
    /// of the setup, and the teardown deletes the resource. A request that would change data that the run did not
    /// create is never sent.
    pub(super) fn control(
        &mut self,
        operation: &'a Operation,
        right: &ValidRequest,
        fault: &Fault,
    ) -> (Control, Fixtures) {
        let around = right.around.clone();
        if operation.method == "POST"
            && right.reach != Reach::Foreign
            && !only_reads(operation)
            && let Some(creator) = self.creators.of_collection(operation)
        {
            let mut whole = around.clone();
            if self.make(creator, &mut whole, 0).is_some()
                && let Some(look) = self.look(creator, &whole.made)
            {
                return (Control::Request(Box::new(look)), whole);
            }
        }
        let removal = self.removal_by_texts(operation).filter(|_| right.reach == Reach::Fresh);
        if let Some((look, around)) =
            removal.and_then(|removal| self.control_by_texts(operation, &removal, right))
        {
            return (Control::Request(Box::new(look)), around);
        }
        match right.reach {
            Reach::Fresh if !self.allow_leftovers => {
                return (
                    self.beside(operation, "the created resource could not be deleted (--allow-leftovers)"),
                    around,
                );
            }
            Reach::Foreign => {
                return (self.beside(operation, "it would change data that the run did not create"), around);
            }
            Reach::OfNothing => return (self.beside(operation, "what it names does not exist"), around),
            Reach::Nothing | Reach::Own | Reach::Fresh => {}
        }
        let needs_no_thing =
            matches!(fault.class, FaultKind::InvalidPath | FaultKind::Unknown | FaultKind::ZeroId);
        if needs_no_thing && right.around.made.is_empty() && right.ask.path.contains('{') {
            // It is unknown if the resource exists. A nearby request at least proves that the address and the
            // credentials are correct.
            if let Some(ask) = self.neighbour(operation) {
                return (Control::Request(Box::new(ask)), around);
            }
            if right.open {
                return (Control::None("the document names no existing resource"), around);
            }
        }
        (Control::Request(Box::new(right.ask.clone())), around)
    }

    /// Builds a request that reads the created resource. If there is no operation for that, the request deletes the
    /// resource, which also proves that it existed.
    pub(super) fn look(
        &mut self,
        creator: CreateOperation<'a>,
        made: &CreatedResources,
    ) -> Option<RequestSpec> {
        let read = creator.read.and_then(|read| {
            let filled = self.paths.fill(read, made, &[]);
            self.asked(read, filled.path).ok().map(|(ask, _)| ask)
        });
        read.or_else(|| self.removal(creator, made, &[]))
    }

    /// Returns a control that proves that the API is available and accepts the credentials, for an operation with a
    /// valid request that cannot be sent.
    pub(super) fn beside(&mut self, operation: &Operation, why: &'static str) -> Control {
        self.neighbour(operation).map_or(Control::None(why), |ask| Control::Request(Box::new(ask)))
    }

    /// Finds a safe request near an operation that needs no values that only the target knows, preferably one to the
    /// collection.
    pub(super) fn neighbour(&mut self, operation: &Operation) -> Option<RequestSpec> {
        let collection = operation.path.rsplit_once("/{").map_or("", |(before, _)| before);
        let own = self.open.by_path.get(collection);
        let near = || self.open.by_root.get(root(&operation.path));
        let nearby = own.or_else(near).copied()?;
        // Another credential would prove nothing of this one.
        let is_same = self.scheme_roles.of_operation(nearby) == self.scheme_roles.of_operation(operation);
        if is_same || !self.sends_credentials(nearby) { self.plain(nearby) } else { None }
    }
}
