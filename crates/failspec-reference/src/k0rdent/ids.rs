//! Ids and names.
//!
//! Ids are `{prefix}_{base62}` with 26 characters behind the prefix (site; as its own examples have 28, the length is not
//! judged). That an object's name will do wherever its id will is this project's choice.

use serde_json::Value;

use super::{Code, Failure, K0rdent, Problems};
use crate::{
    names,
    store::{self, Key, Resource},
};

/// What has an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Server,
    Pool,
    Allocation,
    Workflow,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Server => "srv",
            Self::Pool => "pool",
            Self::Allocation => "alloc",
            Self::Workflow => "run",
        }
    }

    /// Where the store keeps them.
    pub(super) fn collection(self) -> &'static str {
        match self {
            Self::Server => "servers",
            Self::Pool => "pools",
            Self::Allocation => "allocations",
            Self::Workflow => "workflows",
        }
    }

    /// What people call one.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Pool => "pool",
            Self::Allocation => "allocation",
            Self::Workflow => "workflow",
        }
    }

    /// An id that nothing has yet.
    pub(super) fn new_id(self) -> String {
        format!("{}_{}", self.prefix(), store::base62(26))
    }

    /// `NOT_FOUND`. Nothing in it depends on the id, so what is absent and what belongs to another organisation are
    /// refused alike.
    pub(super) fn absent(self) -> Failure {
        let message = match self {
            Self::Server => "Server not found",
            Self::Pool => "Pool not found",
            Self::Allocation => "Allocation not found",
            Self::Workflow => "Workflow not found",
        };
        Failure::new(Code::NotFound, message)
    }
}

/// Whether a text is an id of this kind, or a name. Names have no underscore, so that it cannot be both.
pub(super) fn is_well_formed(kind: Kind, text: &str) -> bool {
    match text.split_once('_') {
        Some((prefix, rest)) => {
            prefix == kind.prefix()
                && !rest.is_empty()
                && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
        None => names::is_label(text, names::LABEL),
    }
}

/// Tells an id in a path that is neither.
pub(super) fn check(kind: Kind, id: &str, problems: &mut Problems) {
    if !is_well_formed(kind, id) {
        problems.add("id", format!("Invalid {} id", kind.noun()));
    }
}

impl K0rdent {
    /// The object of that id or name within an organisation.
    pub(super) fn find(&self, kind: Kind, organisation: &str, id: &str) -> Result<Resource, Failure> {
        let resources = &self.store.resources;
        let found = if id.contains('_') {
            resources.find(kind.collection(), organisation, |body: &Value| body["id"] == id)
        } else {
            resources.get(&Key::new(kind.collection(), organisation, id))
        };
        found.ok_or_else(|| kind.absent())
    }
}
