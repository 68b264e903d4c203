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

/// The number of APIs that are asked at the same time: a run of one waits most of its time.
const AT_ONCE: usize = 3;

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
        // Each document has its half of them.
        let weaknesses: Vec<Weakness> = Weakness::ALL.into_iter().skip(number % 2).step_by(2).collect();
        let ask = |weakness: Weakness| {
            let api = TenantsApi::start(document.clone(), Some(weakness));
            let on_demand = matches!(weakness, Weakness::DeepBody)
                .then(|| imported_as(&document, OpenApiOptions { large_body: true, ..options() }));
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            let report = runtime.block_on(run_on(on_demand.as_ref().unwrap_or(&pack), target(&api)));
            let is_noticed = match weakness.warning() {
                Some(check) => checks(&report) == BTreeSet::from([check]),
                None => report.verdict == Verdict::Violations,
            };
            (!is_noticed).then(|| (weakness, report.verdict, format!("{:?}", checks(&report))))
        };
        let next = std::sync::Mutex::new(weaknesses.into_iter());
        let work = || {
            let mut unnoticed = Vec::new();
            loop {
                let taken = next.lock().unwrap().next();
                let Some(weakness) = taken else { break unnoticed };
                unnoticed.extend(ask(weakness));
            }
        };
        let unnoticed: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
        });
        assert!(unnoticed.is_empty(), "{number}: {unnoticed:?}");
    }
}

fn checks(report: &RunReport) -> BTreeSet<&str> {
    report.finding_groups.iter().map(|group| group.check.as_str()).collect()
}
