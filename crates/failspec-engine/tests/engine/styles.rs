//! Contracts of other styles: no meaningful HTTP status, no codes, unions with bulk responses, loose groups of codes.

use crate::checks_server::{Asked, Reply, Server, broken, case, judge, judge_with, right};
use failspec_engine::RunOptions;
use failspec_judge::report_model::{Exercise, Outcome, RunReport, State};
use serde_json::{Value, json};

type Change = fn(&Asked, Reply) -> Reply;

async fn run(pack: &str, right: fn(&Asked) -> Reply, scenario: &str, change: Change) -> RunReport {
    let server = Server::start(move |asked| change(asked, right(asked))).await;
    judge(pack, &[scenario], &server).await
}

/// Returns the violations of the only scenario of a run, and whether its failure was exercised.
fn outcome(report: &RunReport) -> (Vec<String>, Exercise) {
    assert_eq!(report.cases.len(), 1, "{:?}", report.diagnosis);
    (broken(&report.cases[0]), report.cases[0].exercised.clone())
}

fn no(checks: &[&str]) -> (Vec<String>, Exercise) {
    (checks.iter().map(ToString::to_string).collect(), Exercise::No)
}

fn yes(checks: &[&str]) -> (Vec<String>, Exercise) {
    (checks.iter().map(ToString::to_string).collect(), Exercise::Exercised)
}

mod http_200_always {
    use super::*;

    async fn always(scenario: &str, change: Change) -> (Vec<String>, Exercise) {
        outcome(&run("always200", right::always200, scenario, change).await)
    }

    const ABSENT: &str = "not_found";

    fn of_absent(asked: &Asked, reply: Reply, change: fn(Reply) -> Reply) -> Reply {
        if asked.path == "/pods/none" { change(reply) } else { reply }
    }

    #[tokio::test]
    async fn a_real_status_is_a_violation() {
        let found = always(ABSENT, |asked, reply| of_absent(asked, reply, |it| it.status(404))).await;
        assert_eq!(found, yes(&["status"]));
    }

    #[tokio::test]
    async fn a_number_as_text_is_another_code() {
        let found =
            always(ABSENT, |asked, reply| of_absent(asked, reply, |it| it.set("code", json!("40400")))).await;
        assert_eq!(found, no(&["code", "envelope"]));
    }

    #[tokio::test]
    async fn code_of_another_failure_is_that_failure() {
        let found =
            always(ABSENT, |asked, reply| of_absent(asked, reply, |it| it.set("code", json!(50000)))).await;
        assert_eq!(found, no(&["code"]));
    }

    #[tokio::test]
    async fn zero_is_a_success() {
        let found =
            always(ABSENT, |asked, reply| of_absent(asked, reply, |it| it.set("code", json!(0)))).await;
        assert_eq!(found, no(&["not-rejected"]));
    }

    #[tokio::test]
    async fn control_with_a_code_is_not_a_success() {
        let report = run("always200", right::always200, ABSENT, |asked, reply| {
            if asked.path == "/pods/one" { reply.set("code", json!(50000)) } else { reply }
        })
        .await;
        assert_eq!(outcome(&report), no(&[]));
        assert_eq!(report.verdict.as_str(), "inconclusive");
    }

    #[tokio::test]
    async fn forbidden_leaks_are_violations_whatever_the_status() {
        let found = always("internal", |asked, reply| {
            if asked.path == "/crash" {
                reply.set("data", json!({ "at": "/srv/app/pods.go:17" }))
            } else {
                reply
            }
        })
        .await;
        assert_eq!(found, yes(&["leaks"; 2]), "a path and a Go trace");
    }

    #[tokio::test]
    async fn closed_list_of_codes_applies_to_setups_and_controls() {
        for (path, phase) in [("/pods", "setup"), ("/pods/one", "control")] {
            let server = Server::start(move |asked| {
                let reply = right::always200(asked);
                if asked.path == path { reply.set("code", json!(49999)) } else { reply }
            })
            .await;
            // The other scenario shows that the API responds: otherwise there would be only a diagnosis.
            let report = judge("always200", &["internal", ABSENT], &server).await;
            let found = case(&report, "read_the_absent");
            assert_eq!(found.outcome, Outcome::Failed, "{phase}: {:?} {:?}", found.reason, report.diagnosis);
            assert_eq!(found.violations[0].check, "code");
            assert!(found.violations[0].message.contains(phase), "{}", found.violations[0].message);
            assert_eq!(found.exercised, Exercise::No);
        }
    }
}

mod texts_without_codes {
    use super::*;

    async fn words(scenario: &str, change: Change) -> (Vec<String>, Exercise) {
        outcome(&run("words", right::words, scenario, change).await)
    }

    fn said(reply: Reply, status: u16, detail: Value) -> Reply {
        if reply.status == status { reply.set("detail", detail) } else { reply }
    }

    #[tokio::test]
    async fn own_text_identifies_the_failure() {
        assert_eq!(words("key_missing", |_, reply| reply).await, yes(&[]));
        let long = |_: &Asked, reply| said(reply, 401, json!("Sorry! An API key required here."));
        assert_eq!(words("key_missing", long).await, yes(&[]));
    }

    #[tokio::test]
    async fn text_of_another_failure_identifies_that_failure() {
        let other: Change = |_, reply| said(reply, 401, json!("Invalid API key"));
        assert_eq!(words("key_missing", other).await, no(&["match"]));
        let report = run("words", right::words, "key_missing", other).await;
        assert_eq!(report.verdict.as_str(), "violations");
        assert_eq!(report.summary.exercised, 0);
    }

    #[tokio::test]
    async fn unknown_text_leaves_the_status_to_decide() {
        let unknown: Change = |_, reply| said(reply, 401, json!("Nope"));
        assert_eq!(words("key_missing", unknown).await, yes(&["~wording"]));
        let report = run("words", right::words, "key_missing", unknown).await;
        assert_eq!(report.verdict.as_str(), "conforms");
    }

    #[tokio::test]
    async fn any_text_is_accepted_without_a_documented_text() {
        assert_eq!(words("unknown", |_, reply| said(reply, 404, json!("gone"))).await, yes(&[]));
        let list: Change =
            |_, reply| said(reply, 422, json!([{ "loc": ["query", "limit"], "msg": "negative" }]));
        assert_eq!(words("unprocessable", list).await, yes(&[]));
    }

    #[tokio::test]
    async fn malformed_detail_is_found() {
        let odd: Change = |_, reply| said(reply, 422, json!([{ "field": "limit" }]));
        let (found, _) = words("unprocessable", odd).await;
        assert!(found.contains(&"envelope".to_owned()), "{found:?}");
        let empty: Change = |_, reply| said(reply, 422, json!([]));
        assert_eq!(words("unprocessable", empty).await, yes(&["message"]));
    }

    #[tokio::test]
    async fn another_text_the_second_time_is_not_the_same_failure() {
        let fickle: Change = |asked, reply| {
            if asked.number > 2 { said(reply, 401, json!("API key required")) } else { reply }
        };
        assert_eq!(words("key_invalid", fickle).await, yes(&["repeatable"]));
    }
}

mod bulk_responses {
    use super::*;

    async fn bulk(scenario: &str, change: Change) -> (Vec<String>, Exercise) {
        outcome(&run("bulk", right::bulk, scenario, change).await)
    }

    /// Modifies the items of a response, except those of the control, which sends only one.
    fn items(reply: Reply, change: fn(&mut Vec<Value>)) -> Reply {
        if reply.status != 207 || !reply.text().contains("\"bad\"") {
            return reply;
        }
        reply.edit(|body| change(body["results"].as_array_mut().expect("a list")))
    }

    #[tokio::test]
    async fn failed_item_is_selected() {
        assert_eq!(bulk("partial", |_, reply| reply).await, yes(&[]));
    }

    #[tokio::test]
    async fn no_item_or_several_are_a_violation() {
        let none: Change = |_, reply| items(reply, |items| items.truncate(1));
        let (found, exercised) = bulk("partial", none).await;
        assert!(found.contains(&"bulk-item".to_owned()), "{found:?}");
        assert_eq!(exercised, Exercise::No);
        let several: Change = |_, reply| items(reply, |items| items[0] = items[1].clone());
        let (found, exercised) = bulk("partial", several).await;
        assert!(found.contains(&"bulk-item".to_owned()), "{found:?}");
        assert_eq!(exercised, Exercise::No);
    }

    #[tokio::test]
    async fn an_item_without_a_code_has_failed_without_a_code() {
        let codeless: Change =
            |_, reply| items(reply, |items| items[1]["error"] = json!({ "message": "No" }));
        assert_eq!(bulk("partial", codeless).await, no(&["code"]));
    }

    #[tokio::test]
    async fn an_item_that_succeeds_was_accepted() {
        let fine: Change = |_, reply| {
            items(reply, |items| drop(items[1].as_object_mut().expect("an object").remove("error")))
        };
        assert_eq!(bulk("partial", fine).await, no(&["not-rejected"]));
    }

    #[tokio::test]
    async fn the_wrong_top_level_is_found() {
        let opposite: Change = |_, reply| {
            if reply.text().contains("\"bad\"") { reply.set("success", json!(false)) } else { reply }
        };
        assert_eq!(bulk("partial", opposite).await, yes(&["envelope", "expectation"]));
        let plain: Change =
            |_, reply| if reply.text().contains("\"bad\"") { reply.status(200) } else { reply };
        let (found, exercised) = bulk("partial", plain).await;
        assert_eq!((found, exercised), no(&["not-rejected"]), "200 is a success where `success` says so");
    }

    #[tokio::test]
    async fn control_with_a_failed_item_violates_control() {
        let server = Server::start(|asked| {
            let reply = right::bulk(asked);
            let is_control = asked.json["ids"] == json!(["good"]);
            if is_control {
                reply.edit(|body| body["results"][0]["error"] = json!({ "code": "BUSY", "message": "Later" }))
            } else {
                reply
            }
        })
        .await;
        let report = judge("bulk", &["unknown", "partial"], &server).await;
        let found = case(&report, "start_one_that_does_not_exist");
        // The first request of the run, this control, is rejected; nothing else is known about the role.
        assert_eq!(report.diagnosis.as_deref().map(|_| ()), None, "{:?}", report.diagnosis);
        assert_eq!((broken(found), found.exercised.clone()), no(&["control"]));
    }

    #[tokio::test]
    async fn union_must_not_contradict_the_failure() {
        let opposite: Change =
            |_, reply| if reply.status == 404 { reply.set("success", json!(true)) } else { reply };
        assert_eq!(bulk("unknown", opposite).await, yes(&["envelope"]));
        let (found, exercised) = bulk("unknown", |_, reply| {
            if reply.status == 404 { Reply::new(204, "", "").with("Content-Type", "") } else { reply }
        })
        .await;
        assert_eq!((found, exercised), no(&["not-rejected"]));
    }

    #[tokio::test]
    async fn any_code_excludes_codes_of_other_failures() {
        fn code(reply: Reply, code: Value) -> Reply {
            if reply.status == 422 { reply.edit(|body| body["error"]["code"] = code) } else { reply }
        }
        assert_eq!(bulk("refused", |_, reply| code(reply, json!("WHATEVER"))).await, yes(&[]));
        assert_eq!(bulk("refused", |_, reply| code(reply, json!("NOT_FOUND"))).await, no(&["code"]));
        assert_eq!(bulk("refused", |_, reply| code(reply, json!(""))).await, no(&["code"]));
    }
}

mod loose_groups {
    use super::*;

    async fn groups(selectors: &[&str], change: Change) -> RunReport {
        let server = Server::start(move |asked| change(asked, right::groups(asked))).await;
        judge_with("groups", selectors, &server, "", RunOptions::default()).await
    }

    fn state<'r>(report: &'r RunReport, failure: &str) -> &'r State {
        let failures = &report.packs[0].coverage.failures;
        &failures.iter().find(|it| it.failure == failure).expect("a failure of the contract").state
    }

    #[tokio::test]
    async fn any_code_of_the_group_passes_and_only_the_own_one_exercises() {
        let report = groups(&["forbidden", "access_denied"], |_, reply| {
            if reply.status == 403 { reply.set("error", json!("access_denied")) } else { reply }
        })
        .await;
        assert_eq!(report.verdict.as_str(), "conforms");
        assert_eq!(*state(&report, "forbidden"), State::CoveredByAlternative("access_denied".to_owned()));
        assert_eq!(*state(&report, "access_denied"), State::Exercised);
        assert_eq!(report.summary.exercised, 1);
    }

    #[tokio::test]
    async fn a_code_that_is_no_failures_own_is_an_alternative_too() {
        let report = groups(&["not_found"], |_, reply| {
            if reply.status == 404 { reply.set("error", json!("gone")) } else { reply }
        })
        .await;
        assert_eq!(report.verdict.as_str(), "conforms");
        assert_eq!(*state(&report, "not_found"), State::CoveredByAlternative("gone".to_owned()));
    }

    #[tokio::test]
    async fn a_code_outside_the_group_does_not() {
        let report = groups(&["forbidden"], |_, reply| {
            if reply.status == 403 { reply.set("error", json!("not_found")) } else { reply }
        })
        .await;
        assert_eq!(outcome(&report), no(&["code"]));
    }

    #[tokio::test]
    async fn an_alternative_has_its_own_status() {
        let report = groups(&["forbidden"], |_, reply| {
            if reply.status == 403 { reply.status(404).set("error", json!("access_denied")) } else { reply }
        })
        .await;
        assert_eq!(broken(&report.cases[0]), ["status"]);
    }

    #[tokio::test]
    async fn status_distinguishes_failures_with_the_same_code() {
        let report =
            groups(&["clash::"], |_, reply| if reply.status == 409 { reply.status(400) } else { reply })
                .await;
        assert_eq!(outcome(&report), no(&["status"]));
        assert_eq!(
            report.cases[0].reason.as_ref().map(ToString::to_string).as_deref(),
            Some("the response was another documented failure, clash_of_names")
        );
    }

    #[tokio::test]
    async fn field_distinguishes_failures_with_the_same_code_and_status() {
        let report = groups(&["quota_of_disks"], |_, reply| {
            if reply.status == 402 { reply.set("resource", json!("host")) } else { reply }
        })
        .await;
        assert_eq!(outcome(&report), no(&["match"]));
    }
}
