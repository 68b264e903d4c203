//! The definition of a mutant.

use std::{borrow::Cow, fmt, sync::Arc};

use super::Scene;
use crate::{Api, Envelope, Request, Response};

/// A deliberate change of an API.
#[derive(Clone)]
pub struct Mutant {
    /// The unique name, in kebab-case.
    pub id: Cow<'static, str>,
    /// The description, in one line.
    pub about: Cow<'static, str>,
    /// True if clients must tolerate the change, so that it must pass.
    pub harmless: bool,
    effect: Effect,
    fits: fn(&Envelope) -> bool,
    sometimes: bool,
}

#[derive(Clone)]
enum Effect {
    Errors(Change),
    Everything(Change),
    Quirk(&'static str),
    Ignored(&'static str),
}

type Change = Arc<dyn Fn(&Scene<'_>, &mut Response) + Send + Sync>;

impl Mutant {
    /// Creates a violation that changes error responses.
    pub fn harmful(
        id: impl Into<Cow<'static, str>>,
        about: impl Into<Cow<'static, str>>,
        change: impl Fn(&Scene<'_>, &mut Response) + Send + Sync + 'static,
    ) -> Self {
        Self {
            id: id.into(),
            about: about.into(),
            harmless: false,
            effect: Effect::Errors(Arc::new(change)),
            fits: |_| true,
            sometimes: false,
        }
    }

    /// Creates a change of error responses that clients must tolerate.
    pub fn harmless(
        id: impl Into<Cow<'static, str>>,
        about: impl Into<Cow<'static, str>>,
        change: impl Fn(&Scene<'_>, &mut Response) + Send + Sync + 'static,
    ) -> Self {
        Self { harmless: true, ..Self::harmful(id, about, change) }
    }

    /// Creates a violation of the domain: it switches on the quirk of the same name.
    #[must_use]
    pub fn switching(quirk: &'static str, about: &'static str) -> Self {
        Self {
            id: quirk.into(),
            about: about.into(),
            harmless: false,
            effect: Effect::Quirk(quirk),
            fits: |_| true,
            sometimes: false,
        }
    }

    /// Creates a violation of the domain: a condition has no effect.
    pub(super) fn ignoring(condition: &'static str, id: String, about: String) -> Self {
        let effect = Effect::Ignored(condition);
        Self { id: id.into(), about: about.into(), harmless: false, effect, fits: |_| true, sometimes: false }
    }

    /// Marks the change as one that clients must tolerate, so that it must pass.
    #[must_use]
    pub fn tolerated(mut self) -> Self {
        self.harmless = true;
        self
    }

    /// Extends the change to every response, not only errors.
    #[must_use]
    pub fn on_everything(mut self) -> Self {
        if let Effect::Errors(change) = self.effect {
            self.effect = Effect::Everything(change);
        }
        self
    }

    /// Marks the change as one of some errors only: those with a certain code or header, or those of a second
    /// request.
    #[must_use]
    pub fn sometimes(mut self) -> Self {
        self.sometimes = true;
        self
    }

    /// Returns true if it changes every error, independent of the request and the caller.
    #[must_use]
    pub fn changes_every_error(&self) -> bool {
        !self.sometimes && matches!(self.effect, Effect::Errors(_) | Effect::Everything(_))
    }

    /// Restricts the mutant to the envelopes that it can change.
    #[must_use]
    pub fn only_if(mut self, fits: fn(&Envelope) -> bool) -> Self {
        self.fits = fits;
        self
    }

    /// Returns true if it changes anything with an envelope.
    #[must_use]
    pub fn fits(&self, envelope: &Envelope) -> bool {
        (self.fits)(envelope)
    }

    /// The quirk that it switches on, if any.
    #[must_use]
    pub fn quirk(&self) -> Option<&'static str> {
        match self.effect {
            Effect::Quirk(quirk) => Some(quirk),
            _ => None,
        }
    }

    /// Prepares an API for the mutant; `false` if the API does not have its quirk or condition.
    #[must_use]
    pub fn prepare(&self, api: &dyn Api) -> bool {
        match self.effect {
            Effect::Quirk(quirk) => api.quirks().switch_on(quirk),
            Effect::Ignored(condition) => api.conditions().ignore(condition),
            Effect::Errors(_) | Effect::Everything(_) => true,
        }
    }

    /// Changes a response just before it is sent, after the API has processed the request.
    pub fn change(&self, api: &dyn Api, request: &Request, response: &mut Response) {
        let scene = Scene { api, request, envelope: api.envelope() };
        match &self.effect {
            Effect::Everything(change) => change(&scene, response),
            Effect::Errors(change) if (scene.envelope.is_error)(response) => change(&scene, response),
            Effect::Errors(_) | Effect::Quirk(_) | Effect::Ignored(_) => {}
        }
    }
}

impl fmt::Debug for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Mutant")
            .field("id", &self.id)
            .field("harmless", &self.harmless)
            .finish_non_exhaustive()
    }
}
