//! Checks whose severity a target changes, with the reason in the report.

use crate::checks_server::{Reply, Server, broken, case, judge_with, right};
use failspec_engine::RunOptions;
use failspec_judge::report_model::{CaseReport, CheckLevelWord, Outcome, RunReport};

/// Runs one case against a depot that responds with `reply` to a request for an absent item.
async fn absent_with(checks: &str, reply: fn(Reply) -> Reply) -> RunReport {
    let depot = right::Depot::default();
    let server = Server::start(move |asked| {
        let right = depot.response(asked);
        if asked.path == "/items/absent" { reply(right) } else { right }
    })
    .await;
    let more = format!("{}\n[target.own.checks]\n{checks}\n", right::JAMMED);
    judge_with("depot", &["absent::read_an_absent_item"], &server, &more, RunOptions::default()).await
}

fn absent(report: &RunReport) -> &CaseReport {
    case(report, "read_an_absent_item")
}

fn page(_right: Reply) -> Reply {
    Reply::html(404, "<p>no such page</p>")
}

#[tokio::test]
async fn level_of_a_check_decides_its_severity() {
    for (level, found, outcome) in [
        ("warn", &["~status"][..], Outcome::Passed),
        ("deny", &["status"], Outcome::Failed),
        ("off", &[], Outcome::Passed),
    ] {
        let checks = format!("status = {{ level = \"{level}\", reason = \"a gateway rewrites it\" }}");
        let report = absent_with(&checks, |right| right.status(410).set("status", 410.into())).await;
        assert_eq!(broken(absent(&report)), found, "{level}");
        assert_eq!(absent(&report).outcome, outcome, "{level}");
        let shown = &report.packs[0].header.check_levels[0];
        assert_eq!((shown.check.as_str(), shown.reason.as_str()), ("status", "a gateway rewrites it"));
    }
}

#[tokio::test]
async fn deny_makes_a_warning_a_violation() {
    let twice = |right: Reply| right.add("Retry-After", "1").add("Retry-After", "1");
    let checks = "duplicate-header = { level = \"deny\", reason = \"our client takes the last line\" }";
    let report = absent_with(checks, twice).await;
    assert_eq!(broken(absent(&report)), ["duplicate-header"]);
    assert_eq!(report.packs[0].header.check_levels[0].level, CheckLevelWord::Deny);
    assert_eq!(broken(absent(&absent_with("", twice).await)), ["~duplicate-header"]);
}

#[tokio::test]
async fn parts_of_a_combined_finding_follow_the_levels_of_their_checks() {
    let report = absent_with("", page).await;
    let all: Vec<&str> = absent(&report).violations[0].details.iter().map(|it| it.check.as_str()).collect();
    assert!(all.contains(&"media-type") && all.contains(&"well-formed"), "{all:?}");

    let off = "media-type = { level = \"off\", reason = \"a gateway\" }";
    let report = absent_with(off, page).await;
    assert_eq!(broken(absent(&report)), ["unrecognized-response"]);
    assert!(!absent(&report).violations[0].details.iter().any(|it| it.check == "media-type"));

    // Without any finding the failure was still not seen.
    let off = "unrecognized-response = { level = \"off\", reason = \"a gateway\" }";
    let report = absent_with(off, page).await;
    assert!(broken(absent(&report)).is_empty());
    assert_eq!(absent(&report).outcome, Outcome::Unconfirmed);
    assert_eq!(report.verdict.as_str(), "incomplete");
}
