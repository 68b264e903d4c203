//! Promises of the specification of a style, for a document that does not say them.

use failspec_pack::pack::Pointer;

use crate::envelope::DraftEnvelope;

use super::Style;

impl Style {
    /// Adds what its specification promises for every error to an envelope that lacks it.
    pub(crate) fn complete(&self, envelope: &mut DraftEnvelope) {
        let note = || format!("not in the document: by {}", self.specification);
        let promised = |pointer: Option<&str>| Some((Pointer::parse(pointer?)?, note()));
        if envelope.code.is_none() && envelope.code_header.is_none() {
            envelope.code = promised(self.promises.code);
        }
        envelope.message = envelope.message.take().or_else(|| promised(self.promises.message));
        envelope.status = envelope.status.take().or_else(|| promised(self.promises.status));
    }
}
