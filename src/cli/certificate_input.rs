//! Facts that the operator gives for a certificate: the key, the product and the deployed software.

use std::path::Path;

use failspec_base::{sanitize::one_line, secret::Secret};
use failspec_certificate::{Artifact, MAX_KEY_SIZE, Product, SigningKey, TrustFile, read_trust_file};

use super::{certify::CertifyArguments, error::CliError, resolve_target::notices};

/// Maximum length of a text that is copied into a certificate, in bytes.
const MAX_LEN: usize = 200;

/// Returns true for a text that may be a private key in place of the name of its file: in PEM, or the base64 of PKCS #8
/// for Ed25519.
pub(super) fn is_key(text: &str) -> bool {
    let is_base64 =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte));
    text.contains("-----BEGIN")
        || text.contains('\n')
        || (text.len() > 40 && is_base64(text) && !Path::new(text).exists())
}

/// Reads the private key from a file, or from an environment variable (`env:NAME`).
pub(super) fn read_key(from: &str) -> Result<SigningKey, CliError> {
    let text = match from.strip_prefix("env:") {
        Some(name) => std::env::var(name).ok().filter(|text| !text.trim().is_empty()).ok_or_else(|| {
            CliError::usage(format!(
                "--key: the environment variable {} is not set, or empty",
                name.escape_debug()
            ))
        })?,
        // A message about the file would quote the key.
        None if is_key(from) => {
            return Err(CliError::usage_hint(
                "--key is given the key itself, not the name of its file",
                "the command line of a process can be seen by others: make a new key with `failspec keygen`, and give its \
                 file, or env:NAME",
            ));
        }
        None => {
            let read = read_trust_file(Path::new(from), TrustFile::PrivateKey, MAX_KEY_SIZE);
            let (bytes, warning) = read.map_err(|error| CliError::usage(format!("--key: {error}")))?;
            notices(warning.as_slice());
            String::from_utf8(bytes).map_err(|_| CliError::usage(format!("--key: {from} is not UTF-8")))?
        }
    };
    SigningKey::from_pem(&Secret::new(text, from)).map_err(|error| {
        CliError::usage_hint(format!("--key: {error}"), "`failspec keygen` creates a key pair")
    })
}

/// Returns the deployed software, if it is told.
pub(super) fn artifact(arguments: &CertifyArguments) -> Result<Option<Artifact>, CliError> {
    let digest = arguments.artifact_digest.as_deref().map(|text| {
        let hex = text.strip_prefix("sha256:").filter(|hex| hex.len() == 64);
        match hex.filter(|hex| hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))) {
            Some(_) => Ok(text.to_owned()),
            None => Err(CliError::usage_hint(
                "--artifact-digest is not a valid digest",
                "write `sha256:` and 64 lower-case hex digits, like the digest of a container image",
            )),
        }
    });
    let (digest, commit) =
        (digest.transpose()?, arguments.commit.clone().map(|text| short("--commit", text)).transpose()?);
    Ok((digest.is_some() || commit.is_some()).then_some(Artifact { digest, commit }))
}

/// Returns the product, if it is told.
pub(super) fn product(arguments: &CertifyArguments) -> Result<Option<Product>, CliError> {
    let name = arguments.product.clone().map(|text| short("--product", text)).transpose()?;
    let version =
        arguments.product_version.clone().map(|text| short("--product-version", text)).transpose()?;
    Ok(name.map(|name| Product { name, version }))
}

/// Checks a text that is copied into a certificate.
pub(super) fn short(option: &str, text: String) -> Result<String, CliError> {
    if !(1..=MAX_LEN).contains(&text.len()) {
        return Err(CliError::usage(format!("{option} must have 1 to {MAX_LEN} bytes")));
    }
    match one_line(&text) == text {
        true => Ok(text),
        false => Err(CliError::usage_hint(
            format!("{option} is not one line of visible text"),
            "leave out line breaks, control characters, and spaces at its ends or in a row",
        )),
    }
}
