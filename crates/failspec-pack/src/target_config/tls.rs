//! TLS settings of a target: trusted certificate authorities and the client certificate.

use std::path::Path;

use failspec_base::{
    files,
    secret::Secret,
    syntax::{Decoder, Field, Fields, MappingSchema, Node, ValueType},
};

/// The TLS settings of a target.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Certificates (PEM) that are trusted in addition to those of the system.
    pub authorities: Option<Vec<u8>>,
    /// The client certificate for all requests, unless their role has its own.
    pub identity: Option<Secret>,
    /// True if the target's certificate is not verified, so that any server could respond.
    pub insecure: bool,
}

pub(super) static TLS: MappingSchema = MappingSchema {
    name: "TLS",
    about: "the TLS settings of the target",
    fields: &[
        Field::optional(
            "ca",
            ValueType::Text,
            "a file of certificates (PEM) that are trusted in addition to those of the system",
        ),
        Field::optional(
            "certificate",
            ValueType::Text,
            "a file with the client certificate (PEM) for all requests",
        ),
        Field::optional(
            "key",
            ValueType::Text,
            "a file with its private key (PEM), if the certificate file does not contain it",
        ),
        Field::optional(
            "insecure",
            ValueType::Bool,
            "disables the verification of the target's certificate; every report warns about it",
        ),
    ],
    also: &[],
};

/// The keys of a role's client certificate.
pub(super) static CERTIFICATE: MappingSchema = MappingSchema {
    name: "client certificate",
    about: "a client certificate",
    fields: &[
        Field::required("file", ValueType::Text, "a file with the certificate (PEM), relative to this file"),
        Field::optional(
            "key",
            ValueType::Text,
            "a file with its private key (PEM), if the certificate file does not contain it",
        ),
    ],
    also: &[],
};

impl Tls {
    /// Reads the keys and the files that they name, so that a missing file is reported before the run starts.
    pub(super) fn read(node: &Node, reader: &Decoder, folder: &Path) -> Option<Self> {
        let fields = reader.fields(node, &TLS)?;
        if let (None, Some(key)) = (fields.get("certificate"), fields.get("key")) {
            reader.error(key.span, "there is a key, but no certificate");
        }
        Some(Self {
            authorities: fields.get("ca").and_then(|node| file(node, reader, folder)),
            identity: identity("certificate", &fields, reader, folder, "client certificate of the target"),
            insecure: fields.get("insecure").and_then(|node| reader.bool(node)).unwrap_or(false),
        })
    }
}

/// Reads certificate and key as one text (PEM).
pub(super) fn identity(
    certificate: &str,
    fields: &Fields<'_>,
    reader: &Decoder,
    folder: &Path,
    label: &str,
) -> Option<Secret> {
    let node = fields.get(certificate)?;
    let mut pem = file(node, reader, folder)?;
    if let Some(key) = fields.get("key") {
        pem.push(b'\n');
        pem.extend(file(key, reader, folder)?);
    }
    match String::from_utf8(pem) {
        Ok(text) => Some(Secret::new(text, label)),
        Err(_) => {
            reader.error(node.span, "this file is not PEM");
            None
        }
    }
}

/// Maximum size of a file with certificates, in bytes: that of a system with all its authorities is a fourth.
const MAX_SIZE: u64 = 1 << 20;

fn file(node: &Node, reader: &Decoder, folder: &Path) -> Option<Vec<u8>> {
    let path = folder.join(reader.text(node)?);
    match files::bytes(&path, MAX_SIZE) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            reader.error_hint(
                node.span,
                format!("cannot read {}: {error}", path.display()),
                "paths are relative to this file",
            );
            None
        }
    }
}
