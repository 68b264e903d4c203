//! Errors of the server that say the same: whatever the fault was and whichever operation it was sent to, one place of the server did
//! not expect it.

use std::collections::{HashMap, HashSet};

use super::{
    causes::{Cause, Causes},
    deviation::{Deviation, Kind},
    error_message::{Sentence, reason},
};

/// The causes whose errors all say the same, each with the one that stands for all with these words.
pub(super) struct SameWords<'a>(HashMap<Cause<'a>, Cause<'a>>);

impl<'a> SameWords<'a> {
    /// Finds the words that errors of several causes have, and no other words: a row never loses a part of its cases.
    pub fn of(deviations: &[Deviation<'a>], causes: &Causes<'a>) -> Self {
        let mut said: HashMap<Cause<'a>, HashSet<Option<(u16, Sentence)>>> = HashMap::new();
        for deviation in deviations.iter().filter(|it| it.kind == Kind::ServerError) {
            said.entry(causes.cause(deviation)).or_default().insert(reason(deviation));
        }
        let mut same: HashMap<(u16, Sentence), Vec<Cause<'a>>> = HashMap::new();
        for (cause, reasons) in said {
            let mut reasons = reasons.into_iter();
            if let (Some(Some(reason)), None) = (reasons.next(), reasons.next()) {
                same.entry(reason).or_default().push(cause);
            }
        }
        let several = same.into_iter().filter(|(_, causes)| causes.len() > 1);
        let merged = several.flat_map(|((status, sentence), causes)| {
            causes.into_iter().map(move |cause| (cause, Cause::ServerErrorSaying(status, sentence.clone())))
        });
        Self(merged.collect())
    }

    /// Returns the cause that stands for another one.
    pub fn cause(&self, cause: Cause<'a>) -> Cause<'a> {
        self.0.get(&cause).cloned().unwrap_or(cause)
    }
}
