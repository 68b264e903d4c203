//! The servers that a run spoke to, and what its target changes, for certificates.

use url::{Position, Url};

use failspec_base::message::{ConnectTo, Header};
use failspec_http::{Peers, Way, certificate_digests, way};
use failspec_judge::report_model::{
    CommandReport, ConditionReport, OperationReport, ServerReport, TargetChanges, TestEnvironment, Via,
};
use failspec_pack::{
    pack::Contract,
    target_config::{Condition, ConditionAction, ConditionRequest, Credential, Target},
};

use super::plan::Plan;

/// Returns the report of the addresses that requests of a plan were sent to, and of what its target changes.
pub(super) fn test_environment(plan: &Plan, peers: Peers) -> TestEnvironment {
    let target = &plan.target;
    let own = address(&target.url);
    let mut servers: Vec<ServerReport> = peers
        .into_iter()
        .map(|(address, peer)| ServerReport {
            via: address.parse().ok().and_then(|url| via(target, &url)),
            address,
            software: peer.software.into_iter().collect(),
            public_keys: peer.public_keys.into_iter().collect(),
            unclear: peer.unclear,
            reference: peer.reference,
        })
        .collect();
    servers.sort_by_key(|server| server.address != own);
    TestEnvironment { servers, changes: changes(target, &plan.pack.contract) }
}

/// Returns what a target changes about the requests of a contract.
fn changes(target: &Target, contract: &Contract) -> TargetChanges {
    let operations = target.operations.iter().filter(|(name, _)| contract.operations.contains_key(*name));
    let conditions = target.conditions.iter().filter(|(name, _)| contract.conditions.contains_key(*name));
    let roles = target.roles.iter().filter(|(name, _)| contract.roles.contains_key(*name));
    TargetChanges {
        authorities: target.tls.authorities.as_deref().map(certificate_digests).unwrap_or_default(),
        operations: operations
            .map(|(name, operation)| OperationReport {
                name: name.clone(),
                request: format!("{} {}", operation.method, operation.path.written),
            })
            .collect(),
        headers: target.headers.iter().map(|header| header.name.clone()).collect(),
        commands: roles
            .filter_map(|(role, of)| match &of.credential {
                Credential::Command(command) => Some(CommandReport {
                    role: role.clone(),
                    program: command.run.first().cloned().unwrap_or_default(),
                }),
                _ => None,
            })
            .collect(),
        conditions: conditions.map(|(name, condition)| condition_report(name, condition, target)).collect(),
    }
}

fn condition_report(name: &str, condition: &Condition, target: &Target) -> ConditionReport {
    let name = name.to_owned();
    match condition {
        Condition::Scoped { variables, headers, url } => ConditionReport {
            name,
            address: url.as_ref().map(address).or_else(|| host(headers, &target.url)),
            headers: headers.iter().map(|header| header.name.clone()).collect(),
            variables: variables.iter().map(|(name, _)| name.clone()).collect(),
            ..ConditionReport::default()
        },
        Condition::Global(global) => {
            // As written in the file: the value of `${env:NAME}` may be a secret. A query may be one, too.
            let line = |request: &ConditionRequest| {
                let (path, query) = request
                    .address
                    .shown
                    .split_once('?')
                    .map_or((&*request.address.shown, ""), |(path, _)| (path, "?…"));
                format!("{} {path}{query}", request.method)
            };
            let requests = global.actions().filter_map(|action| match action {
                ConditionAction::Request(request) => Some(line(request)),
                ConditionAction::Run(_) => None,
            });
            // Without their arguments: one of them may be a secret.
            let commands = global.actions().filter_map(|action| match action {
                ConditionAction::Request(_) => None,
                ConditionAction::Run(words) => words.first().cloned(),
            });
            ConditionReport {
                name,
                requests: requests.collect(),
                commands: commands.collect(),
                ..ConditionReport::default()
            }
        }
    }
}

/// Returns scheme, host and port of a URL.
fn address(url: &Url) -> String {
    url[..Position::BeforePath].to_owned()
}

/// Returns the address that a `Host` header names: where many hosts share one address, it decides which of them responds.
fn host(headers: &[Header], target: &Url) -> Option<String> {
    let host = headers.iter().find(|header| header.name.eq_ignore_ascii_case("host"))?;
    let named = format!("{}://{}", target.scheme(), host.value);
    Some(Url::parse(&named).map_or(named, |url| address(&url)))
}

/// Returns where the traffic to a URL goes, if not to the address in it.
pub(super) fn via(target: &Target, url: &Url) -> Option<Via> {
    let network = &target.network;
    // Invalid settings are reported when the clients are created.
    match way(&network.proxy, network.connect_to.as_ref(), url).ok()? {
        Way::Direct => None,
        Way::To(ConnectTo::Address { host, port }) => {
            let host = if host.contains(':') { format!("[{host}]") } else { host };
            Some(Via::Address { address: format!("{host}:{port}") })
        }
        Way::To(ConnectTo::UnixSocket(path)) => Some(Via::UnixSocket { path: path.display().to_string() }),
        Way::Proxy(url) => Some(Via::Proxy { url }),
    }
}
