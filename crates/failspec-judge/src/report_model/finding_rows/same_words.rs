//! Errors of the server that say the same: whatever the fault was and whichever operation it was sent to, one place of the server did
//! not expect it.

use std::collections::{HashMap, HashSet};

use super::{
    causes::{Cause, Causes},
    deviation::{Deviation, Kind},
    error_message::{SaidReason, reason},
};

/// The words of errors that are one cause.
pub(super) struct SameWords<'a> {
    /// The causes whose errors all say the same, each with the one that stands for all with these words.
    whole: HashMap<Cause<'a>, Cause<'a>>,
    /// The words with a code that errors of several causes have: they are one, whatever else these causes have.
    coded: HashSet<SaidReason>,
}

impl<'a> SameWords<'a> {
    /// Finds the words that errors of several causes have. Without a code, only causes that have no other words: a row never loses a
    /// part of its cases to words that may be about anything.
    pub fn of(deviations: &[Deviation<'a>], causes: &Causes<'a>) -> Self {
        let mut said: HashMap<Cause<'a>, HashSet<Option<SaidReason>>> = HashMap::new();
        for deviation in deviations.iter().filter(|it| it.kind == Kind::ServerError) {
            said.entry(causes.cause(deviation)).or_default().insert(reason(deviation));
        }
        let mut times: HashMap<&SaidReason, usize> = HashMap::new();
        for reason in said.values().flatten().flatten().filter(|reason| reason.has_code) {
            *times.entry(reason).or_default() += 1;
        }
        let coded = times.into_iter().filter(|(_, times)| *times > 1).map(|(reason, _)| reason.clone());
        let coded: HashSet<SaidReason> = coded.collect();
        let mut same: HashMap<SaidReason, Vec<Cause<'a>>> = HashMap::new();
        for (cause, reasons) in said {
            let mut reasons = reasons.into_iter();
            if let (Some(Some(reason)), None) = (reasons.next(), reasons.next()) {
                same.entry(reason).or_default().push(cause);
            }
        }
        let several = same.into_iter().filter(|(_, causes)| causes.len() > 1);
        let merged = several.flat_map(|(reason, causes)| {
            causes.into_iter().map(move |cause| (cause, cause_of(reason.clone())))
        });
        Self { whole: merged.collect(), coded }
    }

    /// Returns the cause that stands for that of a deviation.
    pub fn cause(&self, deviation: &Deviation<'a>, cause: Cause<'a>) -> Cause<'a> {
        let coded = || reason(deviation).filter(|reason| self.coded.contains(reason));
        if deviation.kind == Kind::ServerError
            && !self.coded.is_empty()
            && let Some(reason) = coded()
        {
            return cause_of(reason);
        }
        self.whole.get(&cause).cloned().unwrap_or(cause)
    }
}

fn cause_of<'a>(reason: SaidReason) -> Cause<'a> {
    Cause::ServerErrorSaying(reason.status, reason.sentence)
}
