//! The commented text of a new `programme.toml`.

use std::{fmt::Write as _, sync::Arc};

use failspec_certificate::FORBIDDABLE;
use failspec_pack::pack::Pack;

/// Returns the text of a programme that accepts these packs as they are.
pub(super) fn programme_text(name: &str, packs: &[Arc<Pack>]) -> String {
    let mut text = format!(
        "# The rules of a conformance programme: what `failspec verify CERTIFICATE --programme programme.toml` accepts.\n\
         # Whoever can change this file, or a key file that it names, decides what is trusted.\n\n\
         name = {}\n\n\
         # The profiles that it awards: core (failures that need no condition), full, or one of the contract.\n\
         # `failspec certify PACK --list --profile PROFILE` lists what a profile requires.\n\
         profiles = [\"core\"]\n\n\
         # The longest validity of a certificate, and the maximum age of its run when it is verified.\n\
         max_validity = \"400d\"\n\
         max_age = \"90d\"\n\n\
         # Accepted versions of failspec, or SHA-256 digests of its file. Leave a line out to accept all.\n\
         # versions = [\"{}\"]\n\
         # binaries = [\"sha256:…\"]\n\n\
         # What a certificate must not rest on:\n",
        quoted(name),
        env!("CARGO_PKG_VERSION"),
    );
    for (_, word, about) in FORBIDDABLE {
        let _ = writeln!(text, "#   {word:<16}{about}");
    }
    text += "forbid = [\"loopback\", \"plain_http\", \"proxy\", \"check_levels\"]\n";
    text += "# addresses = [\"https://login.example.com\"]\n\n";
    text += "# The accepted packs. A pack with another digest has other rules or other scenarios.\n";
    for pack in packs {
        let _ = writeln!(
            text,
            "[[packs]]\nname = {}\ndigests = [\"sha256:{}\"]",
            quoted(&pack.label()),
            pack.digest
        );
        let features = pack.contract.features.iter().map(|feature| quoted(&feature.name));
        let features: Vec<String> = features.collect();
        if !features.is_empty() {
            let _ = writeln!(text, "# The optional parts of the API that a product must have:");
            let _ = writeln!(text, "# features = [{}]", features.join(", "));
        }
        text.push('\n');
    }
    text += "# The trusted keys: a PEM file next to this file, or the id that `failspec keygen` shows.\n\
             [[keys]]\nname = \"Acme\"\npublic_key = \"acme.pub\"\n# id = \"…\"\n\n\
             # Keys that are no longer trusted, whatever date is in a certificate.\n\
             # [[revoked]]\n# id = \"…\"\n# reason = \"lost with a laptop\"\n\n\
             # Requirements that need not be met, because the documentation is wrong there.\n\
             # [[errata]]\n# pack = \"…\"\n# requirement = \"…\"\n# reason = \"the documentation contradicts itself here\"\n";
    text
}

/// Returns a text as TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
