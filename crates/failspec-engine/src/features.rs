//! Finds out which optional parts of the API a product has.
//!
//! A probe that gets one of the statuses that the contract lists is sent a second time: a gateway that is being rolled out
//! must not excuse a product from what it documents. Whatever else comes tells nothing, and the cases run.

use failspec_base::message::Response;
use failspec_judge::{
    check::{View, intermediary},
    report_model::{FeatureReport, Presence, Reason},
};
use failspec_pack::pack::Feature;

use super::{plan::Case, session::Session};

impl Session {
    /// Sends the probes of the features that cases belong to; `is_full` is true if no selection leaves cases out. What the
    /// target says about a feature that the product is to have needs no probe.
    pub(super) async fn probe_features(&self, cases: &[Case], is_full: bool) -> Vec<FeatureReport> {
        let contract = &self.pack.contract;
        let mut reports = Vec::with_capacity(contract.features.len());
        for feature in &contract.features {
            let declared = self.target.features.get(&feature.name).copied();
            let report = FeatureReport {
                name: feature.name.clone(),
                about: feature.about.clone(),
                failures: feature.failures.clone(),
                declared,
                presence: Presence::Unclear,
                probe: None,
                response: None,
            };
            let has_cases = || cases.iter().any(|case| feature.has(&case.scenario, contract));
            reports.push(match declared {
                Some(true) => FeatureReport {
                    presence: Presence::Present,
                    response: Some("the target says so".to_owned()),
                    ..report
                },
                None if !is_full && !has_cases() => {
                    FeatureReport { response: Some("no selected case belongs to it".to_owned()), ..report }
                }
                Some(false) | None => self.probe_feature(feature, report).await,
            });
        }
        reports
    }

    async fn probe_feature(&self, feature: &Feature, report: FeatureReport) -> FeatureReport {
        let (line, role) = (&feature.probe.line, feature.probe.role.as_ref());
        let who = role.map(|role| format!(" as {role}")).unwrap_or_default();
        let report =
            FeatureReport { probe: Some(format!("{} {}{who}", line.method, line.path.written)), ..report };
        let mut result = self.response_to(&feature.probe, &self.scope()).await;
        if matches!(&result, Ok((_, response)) if self.tells_absence(feature, response)) {
            result = self.response_to(&feature.probe, &self.scope()).await;
        }
        let (presence, response) = match &result {
            Ok((_, response)) => {
                let presence = match self.succeeded(View::new(response, None)) {
                    true => Presence::Present,
                    false if self.tells_absence(feature, response) => Presence::Absent,
                    false => Presence::Unclear,
                };
                (presence, self.describe(View::new(response, None)))
            }
            Err(reason) => (Presence::Unclear, format!("no response: {reason}")),
        };
        FeatureReport { presence, response: Some(self.mask.text(&response).into_owned()), ..report }
    }

    /// Returns true if the API itself says that the product does not have the feature.
    fn tells_absence(&self, feature: &Feature, response: &Response) -> bool {
        let host = self.target.url.host_str();
        feature.absent.iter().any(|pattern| pattern.matches(response.status))
            && intermediary::detect_intermediary(response, host).is_none()
    }
}

/// Returns the reason why a case is not applicable, if the product does not have a feature that it belongs to.
pub(super) fn not_applicable(session: &Session, features: &[FeatureReport], case: &Case) -> Option<Reason> {
    let contract = &session.pack.contract;
    contract.features_of(&case.scenario).find_map(|feature| {
        let report = features.iter().find(|report| report.name == feature.name && report.is_absent())?;
        let probe = report.probe.as_deref().unwrap_or_default();
        let response = report.response.as_deref().unwrap_or_default();
        Some(Reason::FeatureAbsent {
            feature: feature.name.clone(),
            probe: format!("{probe} got {response}"),
        })
    })
}
