//! The one place that knows every secret of a run and takes them out of text.

/// Every secret of a run that is known so far.
///
/// Shared by all parts of a run; a login adds to it while the run goes on.
#[derive(Debug, Default)]
pub struct Mask {}
