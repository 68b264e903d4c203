//! The rules of a conformance programme: `programme.toml`.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use jiff::SignedDuration;

use failspec_base::syntax::{
    Decoder, Diagnostic, Diagnostics, Field, Fields, MappingSchema, Node, NodeValue, Source, ValueType, toml,
};

use super::{
    key::{KeyError, PublicKey},
    key_file::{MAX_KEY_SIZE, TrustFile, TrustFileError, read_trust_file},
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
    /// The accepted versions of failspec. Empty: all; a list in the file is never empty.
    pub versions: Vec<String>,
    /// SHA-256 of the accepted failspec binaries, in hex. Empty: all.
    pub binaries: Vec<String>,
    /// The accepted packs: `name` or `name@version` → accepted digests, in hex.
    pub packs: BTreeMap<String, Vec<String>>,
    /// The features that a product must have: `name` or `name@version` of a pack → features.
    pub features: BTreeMap<String, Vec<String>>,
    /// The trusted keys: id → owner.
    pub keys: BTreeMap<String, String>,
    /// The revoked keys: id → reason. No certificate with such a key counts, whatever date is in it: nothing proves when
    /// a run was made.
    pub revoked: BTreeMap<String, String>,
    /// The things that a certificate must not rest on.
    pub forbidden: Vec<Forbidden>,
    /// Addresses besides that of the target that are accepted although [`Forbidden::OtherAddresses`] is forbidden:
    /// scheme, host and port.
    pub addresses: Vec<String>,
    /// Requirements that need not be met, because the documentation is wrong there.
    pub errata: Vec<ApprovedErratum>,
    /// Warnings about the key files that the programme names.
    pub warnings: Vec<String>,
}

/// Something that a programme can forbid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forbidden {
    /// A server on the machine of the run.
    Loopback,
    /// A server without TLS.
    PlainHttp,
    /// Requests to other addresses than that of the target.
    OtherAddresses,
    /// A proxy, or an address or socket that is connected to in place of that of the URL.
    Proxy,
    /// Certificate authorities besides those of the system.
    Authorities,
    /// Operations with another method or path than in the pack.
    Operations,
    /// Conditions that the target creates.
    Conditions,
    /// Programs that print credentials.
    Commands,
    /// Checks that are off or only warn.
    CheckLevels,
}

/// The words for what a programme can forbid, in the order of [`Forbidden`].
pub const FORBIDDABLE: [(Forbidden, &str, &str); 9] = [
    (Forbidden::Loopback, "loopback", "a server on the machine of the run"),
    (Forbidden::PlainHttp, "plain_http", "a server without TLS"),
    (
        Forbidden::OtherAddresses,
        "other_addresses",
        "requests to other addresses than that of the target; `addresses` lists exceptions",
    ),
    (Forbidden::Proxy, "proxy", "a proxy, or `connect_to`"),
    (Forbidden::Authorities, "authorities", "certificate authorities besides those of the system"),
    (Forbidden::Operations, "operations", "operations with another method or path than in the pack"),
    (Forbidden::Conditions, "conditions", "conditions that the target creates"),
    (Forbidden::Commands, "commands", "programs that print credentials"),
    (Forbidden::CheckLevels, "check_levels", "checks that are off or only warn"),
];

/// The words of [`FORBIDDABLE`].
const FORBIDDABLE_WORDS: [&str; FORBIDDABLE.len()] = {
    let mut words = [""; FORBIDDABLE.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = FORBIDDABLE[at].1;
        at += 1;
    }
    words
};

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
    #[error("a key that it names: {0}")]
    File(#[from] TrustFileError),
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
        Field::optional(
            "forbid",
            ValueType::List(&ValueType::Words(&FORBIDDABLE_WORDS)),
            "what a certificate must not rest on (default: nothing is forbidden)",
        ),
        Field::optional(
            "addresses",
            ValueType::List(&ValueType::Text),
            "with `other_addresses` in `forbid`: addresses that are accepted all the same, such as `https://login.example.com`",
        ),
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
        Field::optional(
            "features",
            ValueType::List(&ValueType::Text),
            "features of the contract that a product must have (default: none)",
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
    about: "a key that is no longer trusted, whatever date is in a certificate",
    fields: &[
        Field::required("id", ValueType::Text, "its id"),
        Field::required("reason", ValueType::Text, "the reason"),
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
        let list = |key: &str| fields.get(key).map(|node| some(node, key, reader)).unwrap_or_default();
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
            features: BTreeMap::new(),
            keys: BTreeMap::new(),
            revoked: BTreeMap::new(),
            forbidden: list("forbid")
                .iter()
                .filter_map(|node| reader.word(node, &FORBIDDABLE_WORDS))
                .map(|at| FORBIDDABLE[at].0)
                .collect(),
            addresses: list("addresses").iter().filter_map(|node| address(node, reader)).collect(),
            errata: Vec::new(),
            warnings: Vec::new(),
        };
        if let Some(entry) = fields.entry("addresses")
            && !programme.forbidden.contains(&Forbidden::OtherAddresses)
        {
            let title = "`addresses` changes nothing: other addresses are not forbidden";
            reader.error_hint(entry.key_span, title, "add `other_addresses` to `forbid`");
        }
        for pack in rows("packs", &PACK) {
            let digests = pack.get("digests").map(|node| some(node, "digests", reader)).unwrap_or_default();
            let digests: Vec<String> = digests.iter().filter_map(|node| digest(node, reader)).collect();
            let name = text(&pack, "name", reader)?;
            let features =
                pack.get("features").map(|node| some(node, "features", reader)).unwrap_or_default();
            let features = features.iter().filter_map(|node| reader.text(node)).map(str::to_owned);
            programme.features.entry(name.clone()).or_default().extend(features);
            programme.packs.entry(name).or_default().extend(digests);
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
            let reason = text(&revoked, "reason", reader)?;
            // Two entries for one key say the same: it is revoked.
            programme.revoked.entry(id).or_insert(reason);
        }
        for key in rows("keys", &KEY) {
            let name = text(&key, "name", reader)?;
            let id = match (key.get("id"), key.get("public_key")) {
                (Some(node), None) => digest(node, reader)?,
                (None, Some(node)) => match read_key(&folder.join(reader.text(node)?)) {
                    Ok((key, warning)) => {
                        programme.warnings.extend(warning);
                        key.id()
                    }
                    Err(error) => return Some(Err(error)),
                },
                _ => {
                    let span = key.get("name").map_or(node.span, |node| node.span);
                    reader.error(span, "a trusted key has either `public_key` or `id`");
                    continue;
                }
            };
            if let Some(other) = programme.keys.get(&id) {
                let span = key.get("name").map_or(node.span, |node| node.span);
                let title = format!("this key is that of {} already", other.escape_debug());
                reader.error_hint(span, title, "a key has one owner: remove one of the two entries");
                continue;
            }
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

/// Returns the items of a list, and reports an empty one: somebody could take it for "none", and somebody else for
/// "all".
fn some<'n>(node: &'n Node, key: &str, reader: &Decoder) -> &'n [Node] {
    let items = reader.list(node);
    if items.is_empty() && (node.is_null() || matches!(node.value, NodeValue::List(_))) {
        let hint = match key {
            "versions" | "binaries" => "leave it out to accept all",
            "forbid" | "addresses" | "features" | "revoked" | "errata" => "leave it out",
            _ => "list what is accepted",
        };
        reader.error_hint(node.span, format!("`{key}` is empty"), hint);
    }
    items
}

/// Reads an address: scheme, host and port.
fn address(node: &Node, reader: &Decoder) -> Option<String> {
    let text = reader.text(node)?;
    let parsed = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let is_whole = |url: &url::Url| {
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
    };
    match parsed.filter(is_whole) {
        Some(url) => Some(url[..url::Position::BeforePath].to_owned()),
        None => {
            let hint = "write scheme, host and port, such as `https://login.example.com`";
            reader.error_hint(node.span, "this is not an address", hint);
            None
        }
    }
}

fn read_key(path: &Path) -> Result<(PublicKey, Option<String>), ProgrammeError> {
    let (text, warning) = read_trust_file(path, TrustFile::Trusted, MAX_KEY_SIZE)?;
    Ok((PublicKey::from_pem(&text, &path.display().to_string())?, warning))
}
