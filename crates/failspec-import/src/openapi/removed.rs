//! Removals, with a GET of the thing before and afterwards.

use failspec_pack::{
    openapi::Operation,
    pack::{
        PathTemplate, StatusPattern,
        writing::{ExpectSource, StepSource},
    },
};

use super::{
    crud::bare,
    generate::{Generator, declares},
    reach::Reach,
    scenario::{Goal, Question, step},
    unusual::snake,
    valid_request::ValidRequest,
};

/// The kind of such a case, which the check `removal` looks for.
const REMOVED: &str = "removed";

/// The time for which a server may take to remove a thing after it said that it had.
const WITHIN: &str = "2s";

/// Words of a document that say that an operation removes.
const REMOVES: [&str; 10] = [
    "delete", "deletes", "deletion", "remove", "removes", "removal", "destroy", "destroys", "erase", "erases",
];

/// Words of a document that say that what an operation removes may be there for a while, or stays in another state.
const OTHERWISE: [&str; 23] = [
    "archive",
    "archived",
    "archives",
    "async",
    "asynchronous",
    "asynchronously",
    "background",
    "deactivate",
    "deactivates",
    "deferred",
    "disable",
    "disables",
    "eventually",
    "marked",
    "marks",
    "queued",
    "reset",
    "resets",
    "reverts",
    "scheduled",
    "soft",
    "trash",
    "undelete",
];

impl<'a> Generator<'a> {
    /// Generates the removal of a thing that the scenario creates, with a GET of it before and afterwards.
    pub(super) fn removed(&mut self, operation: &'a Operation, right: &ValidRequest) {
        let item = bare(&operation.path);
        if operation.method != "DELETE" || right.reach != Reach::Own || !right.around.made.contains_key(&item)
        {
            return;
        }
        let read = self.creators.of_item(&item).and_then(|creator| creator.read);
        let Some(read) = read.filter(|read| !self.skips(read)) else { return };
        let words = snake(&format!("{} {}", operation.id.as_deref().unwrap_or_default(), operation.summary));
        let says = |known: &[&str]| words.split('_').any(|word| known.contains(&word));
        let is_later = declares(operation, 202) && !declares(operation, 200) && !declares(operation, 204);
        if says(&OTHERWISE) || is_later {
            let why = "the document says that what is removed may be there for a while, or in another state";
            return self.leave_out(why, operation, "read after the removal");
        }
        let filled = self.paths.fill(read, &right.around.made, &[]);
        if filled.foreign || PathTemplate::parse(&filled.path).is_err() {
            return;
        }
        let Ok((look, _)) = self.asked(read, filled.path) else { return };
        let mut around = right.around.clone();
        around.setup.push(step(&look, None));
        let gone = ExpectSource { status: vec![StatusPattern::Class(4)].into(), ..ExpectSource::default() };
        let then = StepSource { until: Some(gone), within: Some(WITHIN.to_owned()), ..step(&look, None) };
        let (ask, rule, goal) = (right.ask.clone(), &operation.pointer, Goal::NoServerError);
        self.add(operation, Question::State, REMOVED, rule, goal, around, ask);
        if let Some(scenario) = self.scenarios.last_mut() {
            scenario.then.push(then);
            scenario.inferred = !says(&REMOVES);
        }
    }
}
