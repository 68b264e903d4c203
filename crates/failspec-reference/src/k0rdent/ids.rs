//! Ids and names.
//!
//! Ids are `{prefix}_{base62}` with 26 characters after the prefix (site; as its own examples have 28, the length is
//! not checked). That the name of a resource, or the display name of a server, is accepted wherever its id is accepted is
//! this project's own choice.

use serde_json::Value;

use super::{Code, Failure, K0rdent, Problems};
use crate::{
    names,
    store::{self, Key, Resource},
};

/// A kind of resource with ids.
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

    /// The store collection of this kind.
    pub(super) fn collection(self) -> &'static str {
        match self {
            Self::Server => "servers",
            Self::Pool => "pools",
            Self::Allocation => "allocations",
            Self::Workflow => "workflows",
        }
    }

    /// The noun for this kind in messages.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Pool => "pool",
            Self::Allocation => "allocation",
            Self::Workflow => "workflow",
        }
    }

    /// Creates an id that is not in use.
    pub(super) fn new_id(self) -> String {
        format!("{}_{}", self.prefix(), store::base62(26))
    }

    /// Creates a `NOT_FOUND`. It does not depend on the id, so a missing resource and one of another organisation get
    /// the same response.
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

/// Returns true if a text is an id of this kind, or a name. Names have no underscore, so a text cannot be both.
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

/// Reports an id in a path that is neither an id nor a name.
pub(super) fn check(kind: Kind, id: &str, problems: &mut Problems) {
    if !is_well_formed(kind, id) {
        problems.add("id", format!("Invalid {} id", kind.noun()));
    }
}

impl K0rdent {
    /// Finds a resource by its id or name within an organisation.
    pub(super) fn find(&self, kind: Kind, organisation: &str, id: &str) -> Result<Resource, Failure> {
        let resources = &self.store.resources;
        let found = if id.contains('_') {
            resources.find(kind.collection(), organisation, |body: &Value| body["id"] == id)
        } else if kind == Kind::Server {
            resources.find(kind.collection(), organisation, |body: &Value| body["displayName"] == id)
        } else {
            resources.get(&Key::new(kind.collection(), organisation, id))
        };
        found.ok_or_else(|| kind.absent())
    }
}
