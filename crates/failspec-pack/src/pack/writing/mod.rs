//! The files of a pack as typed values, and the one writer that serialises them.
//!
//! [`Pack`](super::Pack) is made for running: it has inherited the base, merged controls and compiled schemas, so it
//! cannot be written back. The values here contain what a file says, and nothing else: the importers build them, and
//! [`Commented::to_yaml`] writes them, with comments. Each type lists its keys once, for writing and for reading; a test
//! compares them with the [`MappingSchema`](failspec_base::syntax::MappingSchema)s that the loader of packs uses.

mod comments;
mod contract;
mod envelope;
mod expect;
mod failure;
mod file_value;
mod mappings;
mod request;
mod scenario;
mod step;
#[cfg(test)]
mod tests;
mod values;
mod writer;

pub use comments::{Commented, Comments, Note};
pub use contract::{
    CleanupSource, Codes, ContractSource, ExistingThingSource, FeatureSource, HealthCheckSource,
    InferredPartsSource, ListedValueSource, OperationParts, OperationSource, ProfileSource, RequiresSource,
    SuccessSource,
};
pub use envelope::{
    CodeLocationSource, CodePlaceSource, EnvelopeSource, InferredEnvelopeSource, RequestIdSource,
};
pub use expect::{AtSource, ExpectSource, RepeatSource, ScenarioExpectSource};
pub use failure::{FailureSource, InferredSource, Leaks};
pub use file_value::{FileDocument, FileMapping, FileValue, Tree};
pub use request::{BodySource, ParameterValue, Parameters, RequestSource};
pub use scenario::{
    ConcurrentSource, ControlSource, FixtureSource, IndistinguishableFromSource, LaterSource,
    OtherRequestSource, RowsSource, ScenarioFileSource, ScenarioSource, SlowBodySource, TriggerSource,
};
pub use step::{CaptureSource, StepSource};
pub use values::{Demand, OneOrMany, Override, SchemaSource};
pub use writer::{plain_or_quoted, scenario_entry};
