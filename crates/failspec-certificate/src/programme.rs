//! The rules of a conformance programme: `programme.toml`.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use jiff::{SignedDuration, civil::Date};

use failspec_base::syntax::{
    Decoder, Diagnostic, Diagnostics, Field, Fields, MappingSchema, Node, Source, ValueType, toml,
};

use super::{
    key::{KeyError, PublicKey},
    validity::parse_days,
};

/// The rules of a conformance programme.
#[derive(Debug, Clone)]
pub struct Programme {
    /// Its name.
    pub name: String,
    /// The profiles that it awards.
    pub profiles: Vec<String>,
    /// The maximum validity of a certificate.
    pub max_validity: Option<SignedDuration>,
    /// The maximum age of the run of a certificate.
    pub max_age: Option<SignedDuration>,
    /// The accepted versions of failspec. Empty: all.
    pub versions: Vec<String>,
    /// SHA-256 of the accepted failspec binaries, in hex. Empty: all.
    pub binaries: Vec<String>,
    /// The accepted packs: `name` or `name@version` → accepted digests, in hex.
    pub packs: BTreeMap<String, Vec<String>>,
    /// The trusted keys: id → owner.
    pub keys: BTreeMap<String, String>,
    /// The revoked keys: id → date and reason.
    pub revoked: BTreeMap<String, Revoked>,
    /// Requirements that need not be met, because the documentation is wrong there.
    pub errata: Vec<ApprovedErratum>,
}

/// A revoked key.
#[derive(Debug, Clone)]
pub struct Revoked {
    /// The first day on which it is not trusted. `None`: it was never trusted.
    pub since: Option<Date>,
    /// The reason.
    pub reason: String,
}

/// A requirement that need not be met.
#[derive(Debug, Clone)]
pub struct ApprovedErratum {
    /// The pack.
    pub pack: String,
    /// The failure, or `failure/cause`.
    pub requirement: String,
    /// The reason.
    pub reason: String,
}

/// An error in a programme.
#[derive(Debug, thiserror::Error)]
pub enum ProgrammeError {
    /// The file is invalid.
    #[error(transparent)]
    Wrong(#[from] Diagnostics),
    /// A key file that the programme names is not a valid key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key file that the programme names cannot be read.
    #[error("cannot read the key {path}: {reason}")]
    Unreadable {
        /// The path of the key file.
        path: String,
        /// The reason.
        reason: String,
    },
}

/// The mapping schema of `programme.toml`.
pub static PROGRAMME: MappingSchema = MappingSchema {
    name: "programme",
    about: "the rules of a conformance programme",
    fields: &[
        Field::required("name", ValueType::Text, "the name of the programme"),
        Field::required("profiles", ValueType::List(&ValueType::Text), "the profiles that it awards"),
        Field::optional(
            "max_validity",
            ValueType::Text,
            "the longest validity of a certificate, such as 400d",
        ),
        Field::optional(
            "max_age",
            ValueType::Text,
            "the maximum age of the run of a certificate, such as 90d",
        ),
        Field::optional(
            "versions",
            ValueType::List(&ValueType::Text),
            "accepted versions of failspec (default: all)",
        ),
        Field::optional(
            "binaries",
            ValueType::List(&ValueType::Text),
            "SHA-256 of the accepted failspec binaries (default: all)",
        ),
        Field::required("packs", ValueType::List(&ValueType::MappingSchema(&PACK)), "the accepted packs"),
        Field::required("keys", ValueType::List(&ValueType::MappingSchema(&KEY)), "the trusted keys"),
        Field::optional("revoked", ValueType::List(&ValueType::MappingSchema(&REVOKED)), "the revoked keys"),
        Field::optional(
            "errata",
            ValueType::List(&ValueType::MappingSchema(&APPROVED)),
            "requirements that need not be met, because the documentation is wrong there",
        ),
    ],
    also: &[],
};

static PACK: MappingSchema = MappingSchema {
    name: "accepted pack",
    about: "an accepted pack",
    fields: &[
        Field::required("name", ValueType::Text, "its name, or name@version"),
        Field::required(
            "digests",
            ValueType::List(&ValueType::Text),
            "the accepted digests, as `failspec verify` shows them",
        ),
    ],
    also: &[],
};

static KEY: MappingSchema = MappingSchema {
    name: "trusted key",
    about: "a trusted key, with either `public_key` or `id`",
    fields: &[
        Field::required("name", ValueType::Text, "its owner"),
        Field::optional("public_key", ValueType::Text, "its PEM file, relative to this file"),
        Field::optional("id", ValueType::Text, "its id, as `failspec keygen` shows it"),
    ],
    also: &[],
};

static REVOKED: MappingSchema = MappingSchema {
    name: "revoked key",
    about: "a key that is no longer trusted",
    fields: &[
        Field::required("id", ValueType::Text, "its id"),
        Field::required("reason", ValueType::Text, "the reason"),
        Field::optional(
            "since",
            ValueType::Date,
            "the first day on which it is not trusted (default: never trusted)",
        ),
    ],
    also: &[],
};

static APPROVED: MappingSchema = MappingSchema {
    name: "approved erratum",
    about: "a requirement that need not be met",
    fields: &[
        Field::required("pack", ValueType::Text, "the pack, or pack@version"),
        Field::required("requirement", ValueType::Text, "the failure, or failure/cause"),
        Field::required("reason", ValueType::Text, "the reason"),
    ],
    also: &[],
};

impl Programme {
    /// Reads a programme. Paths of key files are relative to `folder`.
    ///
    /// # Errors
    /// Returns all errors in the file, each with its location, or the error of the first key that cannot be read.
    pub fn read(source: &Arc<Source>, folder: &Path) -> Result<Self, ProgrammeError> {
        let node = toml::parse(source)?;
        let reader = Decoder::new(source);
        let programme = Self::of(&node, &reader, folder);
        let mistakes = reader.finish();
        if !mistakes.0.is_empty() {
            return Err(mistakes.into());
        }
        programme.unwrap_or_else(|| {
            Err(Diagnostics(vec![Diagnostic::error(None, "the programme cannot be read")]).into())
        })
    }

    fn of(node: &Node, reader: &Decoder, folder: &Path) -> Option<Result<Self, ProgrammeError>> {
        let fields = reader.fields(node, &PROGRAMME)?;
        let list = |key: &str| fields.get(key).map(|node| reader.list(node)).unwrap_or_default();
        let texts = |key: &str| -> Vec<String> {
            list(key).iter().filter_map(|node| reader.text(node)).map(str::to_owned).collect()
        };
        let rows = |key: &str, shape: &'static MappingSchema| -> Vec<Fields<'_>> {
            list(key).iter().filter_map(|node| reader.fields(node, shape)).collect()
        };
        let (max_validity, max_age) =
            (days(&fields, "max_validity", reader), days(&fields, "max_age", reader));
        let mut programme = Self {
            name: text(&fields, "name", reader).unwrap_or_default(),
            profiles: texts("profiles"),
            max_validity,
            max_age,
            versions: texts("versions"),
            binaries: list("binaries").iter().filter_map(|node| digest(node, reader)).collect(),
            packs: BTreeMap::new(),
            keys: BTreeMap::new(),
            revoked: BTreeMap::new(),
            errata: Vec::new(),
        };
        for pack in rows("packs", &PACK) {
            let digests = pack.get("digests").map(|node| reader.list(node)).unwrap_or_default();
            let digests: Vec<String> = digests.iter().filter_map(|node| digest(node, reader)).collect();
            programme.packs.entry(text(&pack, "name", reader)?).or_default().extend(digests);
        }
        for erratum in rows("errata", &APPROVED) {
            programme.errata.push(ApprovedErratum {
                pack: text(&erratum, "pack", reader)?,
                requirement: text(&erratum, "requirement", reader)?,
                reason: text(&erratum, "reason", reader)?,
            });
        }
        for revoked in rows("revoked", &REVOKED) {
            let id = digest(revoked.get("id")?, reader)?;
            let since = revoked.get("since").and_then(|node| reader.date(node));
            programme.revoked.insert(id, Revoked { since, reason: text(&revoked, "reason", reader)? });
        }
        for key in rows("keys", &KEY) {
            let name = text(&key, "name", reader)?;
            let id = match (key.get("id"), key.get("public_key")) {
                (Some(node), None) => digest(node, reader)?,
                (None, Some(node)) => match read_key(&folder.join(reader.text(node)?)) {
                    Ok(key) => key.id(),
                    Err(error) => return Some(Err(error)),
                },
                _ => {
                    let span = key.get("name").map_or(node.span, |node| node.span);
                    reader.error(span, "a trusted key has either `public_key` or `id`");
                    continue;
                }
            };
            programme.keys.insert(id, name);
        }
        Some(Ok(programme))
    }
}

fn text(fields: &Fields<'_>, key: &str, reader: &Decoder) -> Option<String> {
    fields.get(key).and_then(|node| reader.text(node)).map(str::to_owned)
}

fn days(fields: &Fields<'_>, key: &str, reader: &Decoder) -> Option<SignedDuration> {
    let node = fields.get(key)?;
    let span = parse_days(reader.text(node)?);
    if span.is_none() {
        reader.error_hint(node.span, "this is not a number of days", "write it like `90d`");
    }
    span
}

/// Reads a SHA-256 digest in hex, with or without the prefix `sha256:`.
fn digest(node: &Node, reader: &Decoder) -> Option<String> {
    let text = reader.text(node)?;
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(hex.to_ascii_lowercase());
    }
    reader.error_hint(
        node.span,
        "this is not a SHA-256 digest",
        "write 64 hex digits, with or without `sha256:` in front",
    );
    None
}

fn read_key(path: &Path) -> Result<PublicKey, ProgrammeError> {
    let shown = path.display().to_string();
    let text = std::fs::read(path)
        .map_err(|error| ProgrammeError::Unreadable { path: shown.clone(), reason: error.to_string() })?;
    Ok(PublicKey::from_pem(&text, &shown)?)
}
