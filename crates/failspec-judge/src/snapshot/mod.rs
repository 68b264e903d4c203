//! Snapshots: the approved responses, in the file format of insta, one for each case:
//! `snapshots/<pack>/<failure>/<scenario>[--row].snap`.
//!
//! A snapshot holds what a client could come to depend on: status, documented headers and body. Values that vary from
//! response to response are masked, and the mask names them. Comparing a snapshot never makes a violation: it shows
//! differences for people to review.

mod approved;
mod difference;
mod file;
mod picture;

pub use approved::{Mode, SnapshotError, SnapshotStore, pending, unreferenced};
pub use difference::difference;
pub use file::{SnapshotFile, accept, file_name, reject};
pub use picture::{NormalizedResponse, picture};
