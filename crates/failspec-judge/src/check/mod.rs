//! Checks: one rule each, applied to one case's exchanges. Pure: nothing here sends, reads files or knows
//! which implementation responded.
//!
//! [`CHECKS`] is the one table that lists them. A check's file holds its id, its one-line summary, the source of
//! its rule, the text of `failspec explain`, and the function. A response is first identified ([`Identity`]),
//! then judged: the checks know what the response *is* and report what is wrong with it.

mod allow;
mod body_status;
mod bulk_item;
mod code;
mod control;
mod declaration;
mod declared_headers;
mod declared_schema;
mod declared_vacuous;
mod envelope;
mod expectation;
mod finding;
mod headers;
mod identity;
mod indistinguishable;
mod leaks;
mod matching;
mod media_type;
mod message;
mod not_rejected;
mod observed;
mod recovers;
mod repeatable;
mod request_id;
mod retry_after;
mod retry_after_syntax;
mod rule;
mod schema;
mod status;
pub mod stranger;
mod subject;
mod table;
mod undeclared_media_type;
mod undeclared_status;
mod vacuous;
mod view;
mod well_formed;
mod wording;
mod www_authenticate;

pub use code::undocumented;
pub use declaration::OpenApiContext;
pub use finding::Finding;
pub use identity::{Identity, is_success};
pub use observed::{Expected, Observed, Phase, Record};
pub use retry_after::told_wait;
pub use rule::{Check, When};
pub use subject::Subject;
pub use table::{CHECKS, RUN_CHECKS, declared, find, judge};
pub use view::{Item, Pick, View, fits, show};
