//! Helm: the binary and its chart repositories.

use serde_json::json;
use url::Url;

use super::{
    Call, Code, Failure, Kubeglass, Outcome,
    call::{created, data},
    conditions, quirks,
};
use crate::store::Key;

impl Kubeglass {
    /// Checks that the Helm CLI is available. Every Helm operation runs it.
    pub(super) fn run_helm(&self) -> Result<(), Failure> {
        self.unless(conditions::HELM_MISSING, Code::HelmNotFound, "the helm binary is not on $PATH")
    }

    /// Adds a chart repository. Invalid input of a user in a form fails as `invalid_input`, an error of a program as
    /// `missing_field` or `invalid_field`.
    pub(super) fn add_helm_repository(&self, call: &Call<'_>) -> Outcome {
        let body = call.object()?;
        let name = body.text("name")?;
        let url = body.text("url")?;
        if !is_repository_name(name) {
            return Err(Failure::new(
                Code::InvalidInput,
                "the name may hold letters, digits and dashes only",
            ));
        }
        if !is_repository_url(url) {
            return Err(Failure::new(Code::InvalidInput, "the URL must begin with http:// or https://"));
        }
        self.permit(call, "helm:write")?;
        self.run_helm()?;
        let key = Key::new("helm-repositories", "", name);
        let entry = json!({ "name": name, "url": url });
        if self.quirks.is_on(quirks::DUPLICATE_NAME) {
            self.store.resources.put(key, entry.clone());
        } else if self.store.resources.create(key, entry.clone()).is_err() {
            return Err(Failure::new(Code::AlreadyExists, format!("repository {name:?} exists already")));
        }
        Ok(created(&entry))
    }

    pub(super) fn remove_helm_repository(&self, call: &Call<'_>, name: &str) -> Outcome {
        if !is_repository_name(name) {
            return Err(Failure::new(
                Code::InvalidParameter,
                "the name may hold letters, digits and dashes only",
            ));
        }
        self.permit(call, "helm:write")?;
        self.run_helm()?;
        let gone = self
            .store
            .resources
            .delete(&Key::new("helm-repositories", "", name))
            .map_err(|_| Failure::new(Code::NotFound, format!("repository {name:?} does not exist")))?;
        Ok(data(&gone.body))
    }
}

fn is_repository_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Returns true for the URL of a repository. URL parsers correct typing errors, so the beginning is checked as
/// written.
fn is_repository_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let as_written = (lower.starts_with("http://") || lower.starts_with("https://"))
        && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control() || letter == '\\');
    as_written && !lower.contains(":///") && Url::parse(text).is_ok_and(|url| url.has_host())
}
