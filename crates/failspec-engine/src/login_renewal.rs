//! Credentials of roles: configured, or obtained by a login that all cases share, and that is done again when it expires or
//! is no longer accepted.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use failspec_base::message::Header;
use failspec_pack::target_config::{Carried, Credential};
use tokio::sync::Mutex;

use super::session::Session;

/// Cached logins of one target, by role.
#[derive(Debug, Default)]
pub struct Logins {
    done: Mutex<HashMap<String, Arc<Mutex<Option<LoggedIn>>>>>,
    /// Roles whose new login was not accepted either: they do not log in again.
    refused: Mutex<HashSet<String>>,
}

/// The result of a login.
#[derive(Debug, Clone)]
pub(super) struct LoggedIn {
    pub header: Header,
    pub expires: Option<Instant>,
}

impl Session {
    /// Returns the credential that a role sends with its requests; logs the role in if necessary.
    ///
    /// # Errors
    /// If the target does not provide the role, or if its login failed.
    pub(super) async fn credential(&self, role: &str) -> Result<Carried, String> {
        let known = self
            .target
            .roles
            .get(role)
            .ok_or_else(|| format!("the target does not provide the role {role}"))?;
        if !matches!(known.credential, Credential::Login(_) | Credential::Command(_)) {
            return Ok(known.credential.carried(role));
        }
        let place = Arc::clone(self.logins.done.lock().await.entry(role.to_owned()).or_default());
        // Concurrent callers wait here and then use the finished login.
        let mut held = place.lock().await;
        let valid = held.as_ref().filter(|held| held.expires.is_none_or(|expires| Instant::now() < expires));
        if let Some(valid) = valid {
            return Ok(Carried::Header(valid.header.clone()));
        }
        let fresh = match &known.credential {
            Credential::Login(login) => self.log_in(login, role).await,
            Credential::Command(command) => self.run_command(command, role).await,
            other => return Ok(other.carried(role)),
        };
        let fresh =
            fresh.map_err(|reason| format!("the role {role} cannot log in: {}", self.mask.text(&reason)))?;
        *held = Some(fresh.clone());
        Ok(Carried::Header(fresh.header))
    }

    /// Forgets the credential of a role after it was not accepted (401), so that the role logs in again. Returns false
    /// if the role does not log in, or if a new login was not accepted either.
    pub(super) async fn renew(&self, role: &str, used: &Carried) -> bool {
        let logs_in = self
            .target
            .roles
            .get(role)
            .is_some_and(|role| matches!(role.credential, Credential::Login(_) | Credential::Command(_)));
        if !logs_in || self.logins.refused.lock().await.contains(role) {
            return false;
        }
        let place = Arc::clone(self.logins.done.lock().await.entry(role.to_owned()).or_default());
        let mut held = place.lock().await;
        // Another case may have renewed it meanwhile.
        let is_used = held.as_ref().is_some_and(|held| match used {
            Carried::Header(header) => header.value == held.header.value,
            _ => false,
        });
        if is_used {
            *held = None;
        }
        true
    }

    /// Records that a new login was not accepted either.
    pub(super) async fn renewed_in_vain(&self, role: &str) {
        self.logins.refused.lock().await.insert(role.to_owned());
    }

    /// Logs in every role that needs it, before any case runs.
    ///
    /// # Errors
    /// The error of the first login that failed.
    pub(super) async fn log_in_all<'r>(&self, roles: impl Iterator<Item = &'r str>) -> Result<(), String> {
        for role in roles {
            let logs_in =
                self.target.roles.get(role).is_some_and(|role| {
                    matches!(role.credential, Credential::Login(_) | Credential::Command(_))
                });
            if logs_in {
                self.credential(role).await?;
            }
        }
        Ok(())
    }
}
