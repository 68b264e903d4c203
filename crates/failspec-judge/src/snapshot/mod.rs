//! Snapshots: the approved responses, in the file format of insta, one for each case:
//! `snapshots/<pack>/<failure>/<scenario>[--row].snap`.
//!
//! A snapshot contains what a client could come to depend on: status, documented headers and body. Values that vary
//! from response to response are masked, and the mask names them. A difference from a snapshot is never a violation:
//! it is shown for people to review.

mod diff;
mod file;
mod normalize;
mod store;

pub use diff::diff;
pub use file::{SnapshotFile, accept, file_name, reject};
pub use normalize::{NormalizedResponse, picture};
pub use store::{Mode, SnapshotError, SnapshotStore, pending, unreferenced};
