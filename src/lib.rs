//! failspec: does your API fail the way its documentation says?
//!
//! A contract-conformance test harness for the failures of an HTTP API. A *pack* describes the documented failures of
//! an API, and the requests that should trigger each of them. A run sends these requests to a live API and checks
//! every response.
//!
//! # A pack in a test
//!
//! An API written in Rust tests itself with its own pack and [`Harness`]. It is started in the process of the test:
//!
#![cfg_attr(feature = "harness", doc = "```no_run")]
#![cfg_attr(not(feature = "harness"), doc = "```ignore")]
//! // tests/conformance.rs, with `harness = false` under [[test]] in Cargo.toml
//! # mod notes_api { pub fn serve() -> String { String::new() } }
//! fn main() -> std::process::ExitCode {
//!     failspec::Harness::new()
//!         .packs("conformance") // conformance/schemas, conformance/scenarios
//!         .serve(|| notes_api::serve()) // starts the API and returns its URL
//!         .bearer("reader", "sesame")
//!         .main()
//! }
//! ```
//!
//! # Map
//!
//! Data flows one way: *pack + target → plan → exchange → checks → report model → reports, certificate*.
//!
//! | step | here |
//! |---|---|
//! | a pack, read and checked | [`Pack`], [`Files`] |
//! | the live API under test | [`Target`], [`Config`] |
//! | the requests that will be sent | [`Plan`], [`Selectors`] |
//! | a run, with its events | [`run`], [`RunOptions`], [`report::Event`] |
//! | its result | [`report::RunReport`], and the modules of [`report`] that write it |
//!
//! # Features
//!
//! All are on by default. `cli` is the command `failspec`; `reference` has the built-in packs with their reference
//! implementations; `harness` is [`Harness`]. A test needs only `harness`, and then compiles no command line, no web
//! framework and no HTML parser. The crates named `failspec-…` are internal to this one and promise no stability.

#![forbid(unsafe_code)]

#[cfg(feature = "reference")]
pub mod builtin;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "harness")]
pub mod harness;

pub use failspec_engine::{CancelHandle, CancelToken, Plan, RunError, RunOptions, Selectors, interrupt, run};
pub use failspec_pack::{
    pack::{Files, FilesError, Pack, PackError},
    target_config::{Config, Target},
};
#[cfg(feature = "harness")]
pub use harness::{Harness, HarnessError};

/// The report of a run: the type that [`run`] returns, and its writers.
pub mod report {
    pub use failspec_judge::report_model::{
        CaseReport, Coverage, Event, ExchangeReport, FindingGroup, Listener, MissingRequirement,
        OperationAccess, Outcome, PackEnd, PackReport, ReportFold, RoleAccess, RunEnd, RunFinding, RunHeader,
        RunReport, SnapshotReport, SnapshotState, Summary, Verdict, WaivedFinding, exit,
    };
    pub use failspec_report::{BodyPolicy, html, json, junit, markdown};
}
