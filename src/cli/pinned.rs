//! Packs that are pinned by their digests.

use std::sync::Arc;

use clap::Args;

use failspec_pack::pack::Pack;

use super::error::CliError;

/// Options that pin packs.
#[derive(Debug, Clone, Default, Args)]
pub struct PinArguments {
    /// The digest that a pack must have, also an embedded one; `certify --list` shows it; may be repeated
    #[arg(long = "pack-digest", value_name = "PACK=sha256:…")]
    pub digests: Vec<String>,
}

/// Checks that every pinned pack is among `packs` and has the digest that was given.
///
/// # Errors
/// When a pack is another one: with a newer failspec, a built-in pack may have changed.
pub(super) fn check_pins(arguments: &PinArguments, packs: &[Arc<Pack>]) -> Result<(), CliError> {
    for pin in &arguments.digests {
        let (name, digest) = pin.split_once('=').unwrap_or((pin, ""));
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest).to_ascii_lowercase();
        if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(CliError::usage_hint(
                format!("--pack-digest {} is not valid", pin.escape_debug()),
                "write PACK=sha256: and 64 hex digits, as `failspec certify PACK --list` shows them",
            ));
        }
        let Some(pack) = packs.iter().find(|pack| pack.label() == name) else {
            let known: Vec<String> = packs.iter().map(|pack| pack.label()).collect();
            return Err(CliError::usage(format!(
                "--pack-digest names the pack {}, but the packs of the run are {}",
                name.escape_debug(),
                known.join(", ")
            )));
        };
        if pack.digest != hex {
            return Err(CliError::usage_hint(
                format!("{name} is not the pinned pack: its digest is sha256:{}", pack.digest),
                "compare it with the pinned one (`failspec diff`), then pin the new digest",
            ));
        }
    }
    Ok(())
}
