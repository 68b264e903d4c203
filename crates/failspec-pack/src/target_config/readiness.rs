//! The readiness check that a run waits for before it starts.

use std::time::Duration;

use failspec_base::syntax::{Decoder, Field, MappingSchema, Node, ValueType};

use super::{endpoint::Address, environment::Environment};

/// A request that succeeds as soon as the target is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadinessProbe {
    /// The address, which is requested with GET and without credentials.
    pub address: Address,
    /// The maximum time until it responds with a 2xx.
    pub within: Duration,
}

/// The default maximum time: as long as a deployment in progress takes.
const WITHIN: Duration = Duration::from_secs(60);

pub(super) static READINESS: MappingSchema = MappingSchema {
    name: "readiness",
    about: "the readiness check that a run waits for before it starts",
    fields: &[
        Field::required(
            "path",
            ValueType::Text,
            "a path that responds with 2xx to a GET without credentials when the target is ready",
        ),
        Field::optional("within", ValueType::Duration, "how long to wait for it (default: 60s)"),
    ],
    also: &[],
};

impl ReadinessProbe {
    pub(super) fn read(node: &Node, reader: &Decoder, environment: Environment) -> Option<Self> {
        let fields = reader.fields(node, &READINESS)?;
        let path = fields.get("path")?;
        let address = Address::read(reader.text(path)?.trim(), path, reader, environment)?;
        let within = fields.get("within").map_or(Some(WITHIN), |node| reader.duration(node))?;
        Some(Self { address, within })
    }
}
