//! The errors for OpenAPI documents of which nothing can be asked.

use failspec_import::LeftOut;
use failspec_pack::openapi::Api;
use failspec_report::{count, visible};

use super::{error::CliError, given::GivenDocument, import_openapi::NAMES_SHOWN};

/// The error for a document without operations.
pub(super) fn no_operations(given: &GivenDocument, api: &Api) -> CliError {
    let message = format!("{given} declares no operations");
    match api.webhooks {
        0 => CliError::usage(message),
        webhooks => CliError::usage_hint(
            message,
            format!(
                "it declares {}, which the API sends to others: there is no request to test",
                count(webhooks, "webhook")
            ),
        ),
    }
}

/// The error for a document of whose operations none can be asked anything, with the reasons.
pub(super) fn nothing_to_ask(given: &GivenDocument, left_out: &[LeftOut]) -> CliError {
    if left_out.is_empty() {
        return CliError::usage_hint(
            format!("{given} declares no errors: no response with status 400 or above, and no credentials"),
            "there is nothing to test; declare at least the response to an invalid request",
        );
    }
    let reasons = left_out.iter().map(|LeftOut { reason, names }| {
        let first = names.iter().take(NAMES_SHOWN).map(|name| visible(name).into_owned());
        let more = if names.len() > NAMES_SHOWN { ", …" } else { "" };
        format!("{} ({}{more})", visible(&reason.to_string()), first.collect::<Vec<_>>().join(", "))
    });
    CliError::usage_hint(
        format!("nothing can be asked of {given}: all of it is left out"),
        reasons.collect::<Vec<_>>().join("\n"),
    )
}
