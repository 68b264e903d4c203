//! Per-role HTTP clients, rate limiting and the readiness probe.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use failspec_base::{
    clock::after,
    message::{Exchange, Request},
};
use failspec_http::{Client, ClientError, ClientOptions, Peers};
use failspec_pack::target_config::{Condition, ConditionAction, Credential, Rate, Target};

use super::{cancel::OnCancel, session::Session};

/// Interval between two readiness probes.
const POLL: Duration = Duration::from_millis(250);

/// The HTTP clients of one target: one for general use, and one for each role with its own client certificate.
#[derive(Debug)]
pub struct Clients {
    everybody: Client,
    certified: BTreeMap<String, Client>,
    pace: Option<(Rate, Mutex<Instant>)>,
}

impl Clients {
    /// Creates the clients of a target. With `witness`, they record the identity of the responding servers.
    ///
    /// # Errors
    /// If a certificate or another TLS setting cannot be used.
    pub fn new(target: &Target, witness: bool) -> Result<Self, ClientError> {
        let options = ClientOptions {
            limits: target.limits,
            certificates: target.tls.authorities.iter().cloned().collect(),
            identity: target.tls.identity.as_ref().map(|identity| identity.expose().as_bytes().to_vec()),
            insecure: target.tls.insecure,
            proxy: target.network.proxy.clone(),
            connect_to: target.network.connect_to.clone(),
            witness,
            read_only: target.read_only,
            hosts: Some(allowed_hosts(target)),
            ..ClientOptions::default()
        };
        let certified = target.roles.iter().filter_map(|(name, role)| match &role.credential {
            Credential::Certificate(identity) => {
                let identity = Some(identity.expose().as_bytes().to_vec());
                let client = Client::new(ClientOptions { identity, ..options.clone() });
                Some(client.map(|client| (name.clone(), client)))
            }
            _ => None,
        });
        Ok(Self {
            certified: certified.collect::<Result<_, _>>()?,
            everybody: Client::new(options)?,
            pace: target.rate.map(|rate| (rate, Mutex::new(Instant::now()))),
        })
    }

    /// Returns all addresses that requests were sent to, with the identity of the servers that responded, or `None` if
    /// they are not recorded.
    pub fn peers(&self) -> Option<Peers> {
        let mut all = self.everybody.peers()?;
        for (address, peer) in self.certified.values().filter_map(Client::peers).flatten() {
            all.entry(address).or_default().merge(peer);
        }
        Some(all)
    }

    /// Returns true if a response said that it comes from `failspec mock`.
    pub fn have_met_mock(&self) -> bool {
        self.all().any(Client::has_met_mock)
    }

    /// Ends the connections that are not in use.
    pub fn retire_idle(&self) {
        self.all().for_each(Client::retire_idle);
    }

    /// Waits until these connections have ended; returns true if there were bytes on one of them that belong to no
    /// response.
    pub async fn had_surplus(&self, connections: &[u64]) -> bool {
        for connection in connections {
            for client in self.all() {
                if client.had_surplus(*connection).await {
                    return true;
                }
            }
        }
        false
    }

    fn all(&self) -> impl Iterator<Item = &Client> {
        self.certified.values().chain([&self.everybody])
    }

    /// Sends a request as soon as the rate limit of the target allows.
    pub async fn send(&self, request: Request, role: Option<&str>) -> Exchange {
        self.turn().await;
        self.send_now(request, role).await
    }

    /// Waits until the rate limit of the target allows another request. A credential is taken after that: it may expire
    /// during the wait.
    pub async fn turn(&self) {
        if let Some((rate, next)) = &self.pace {
            let at = {
                let mut next = next.lock().await;
                let at = (*next).max(Instant::now());
                *next = after(at, rate.interval);
                at
            };
            tokio::time::sleep_until(at.into()).await;
        }
    }

    /// Sends a request of a login as soon as the rate limit of the target allows.
    pub async fn send_login(&self, request: Request) -> Exchange {
        self.turn().await;
        self.everybody.send_login(request).await
    }

    /// Sends a request whose turn it is.
    pub async fn send_now(&self, request: Request, role: Option<&str>) -> Exchange {
        let own = role.and_then(|role| self.certified.get(role));
        own.unwrap_or(&self.everybody).send(request).await
    }
}

/// Returns the hosts that `Host` may name: those that the target lists, and those that its own conditions name.
fn allowed_hosts(target: &Target) -> Vec<String> {
    let of_conditions = target.conditions.values().flat_map(|condition| match condition {
        Condition::Scoped { headers, .. } => vec![headers],
        Condition::Global(global) => global
            .actions()
            .filter_map(|action| match action {
                ConditionAction::Request(request) => Some(&request.headers),
                ConditionAction::Run(_) => None,
            })
            .collect(),
    });
    let named = of_conditions.flatten().filter(|header| header.name.eq_ignore_ascii_case("host"));
    named.map(|header| &header.value).chain(&target.hosts).cloned().collect()
}

impl Session {
    /// Waits until the readiness probe of the target succeeds. Returns at once if none is configured.
    ///
    /// # Errors
    /// The result of the last probe if the target is not ready in time, or a message that the run was interrupted.
    pub(super) async fn wait_until_ready(&self) -> Result<(), String> {
        let Some(readiness) = &self.target.wait_for else {
            return Ok(());
        };
        let url = readiness.address.on(&self.target.url)?;
        let shown = &readiness.address.shown;
        let began = Instant::now();
        loop {
            let request = Request { shown_url: shown.clone().into(), ..Request::new("GET", url.clone()) };
            self.clients.turn().await;
            let exchange = self.exchange(request, None, OnCancel::Stop).await;
            let said = match exchange.map_err(|reason| reason.to_string())?.result {
                Ok(response) if (200..300).contains(&response.status) => return Ok(()),
                Ok(response) => format!("HTTP {}", response.status),
                Err(error) => error.to_string(),
            };
            if began.elapsed() >= readiness.within {
                return Err(format!(
                    "the target was not ready within {} s: the last GET {shown} got {said}",
                    readiness.within.as_secs_f64()
                ));
            }
            let pause = self.unless_cancelled(OnCancel::Stop, tokio::time::sleep(POLL)).await;
            pause.map_err(|reason| reason.to_string())?;
        }
    }
}
