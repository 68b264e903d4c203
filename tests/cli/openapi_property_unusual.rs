//! Questions of an import beyond the rules of the document: an API that is right in all of it has no row, and one that is wrong
//! about a single question is noticed.

use std::collections::BTreeSet;

use failspec_import::OpenApiOptions;
use failspec_judge::report_model::{RunReport, Verdict};
use failspec_pack::target_config::Target;

use crate::{
    openapi_property::{imported_as, run_on, told},
    strict_api::tenants::{TOKENS, TenantsApi, Weakness, document},
};

fn target(api: &TenantsApi) -> Target {
    let target = Target::from_url(&api.url).expect("a URL");
    TOKENS.iter().fold(target, |target, (role, token)| target.bearer(role, token))
}

fn options() -> OpenApiOptions {
    OpenApiOptions {
        allow_writes: true,
        denied_role: Some("guest".to_owned()),
        other_role: Some("stranger".to_owned()),
        ..OpenApiOptions::default()
    }
}

#[tokio::test]
async fn api_that_is_right_has_no_row_and_each_weakness_is_noticed() {
    for number in 1..=2_usize {
        let document = document(number as u64);
        let pack = imported_as(&document, options());
        let api = TenantsApi::start(document.clone(), None);
        let report = run_on(&pack, target(&api)).await;
        assert_eq!(report.verdict, Verdict::Conforms, "{number}: {}", told(&report));
        assert!(report.finding_groups.is_empty(), "{number}: {:#?}", report.finding_groups);
        assert_eq!(api.things(), 0, "{number}: what the run made was not removed");
        let mut unnoticed = Vec::new();
        // Each document has its half of them.
        for weakness in Weakness::ALL.into_iter().skip(number % 2).step_by(2) {
            let api = TenantsApi::start(document.clone(), Some(weakness));
            let on_demand = matches!(weakness, Weakness::DeepBody)
                .then(|| imported_as(&document, OpenApiOptions { large_body: true, ..options() }));
            let report = run_on(on_demand.as_ref().unwrap_or(&pack), target(&api)).await;
            let is_noticed = match weakness.warning() {
                Some(check) => checks(&report) == BTreeSet::from([check]),
                None => report.verdict == Verdict::Violations,
            };
            if !is_noticed {
                unnoticed.push((weakness, report.verdict, format!("{:?}", checks(&report))));
            }
        }
        assert!(unnoticed.is_empty(), "{number}: {unnoticed:?}");
    }
}

fn checks(report: &RunReport) -> BTreeSet<&str> {
    report.finding_groups.iter().map(|group| group.check.as_str()).collect()
}
