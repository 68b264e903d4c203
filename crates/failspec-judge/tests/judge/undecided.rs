//! The requests without which most cases of a run could not be judged.

use failspec_judge::report_model::{CaseReport, Obstacle, Outcome, Reason, Undecided};

use crate::reports::case;

/// A case that could not be judged, since this request got this status.
fn without(request: &str, status: u16) -> CaseReport {
    let obstacle = Obstacle { request: request.to_owned(), status: Some(status), said: "no".to_owned() };
    CaseReport { obstacle: Some(Box::new(obstacle)), ..case("t::a::b", Outcome::Inconclusive) }
}

fn of(cases: &[CaseReport]) -> Option<String> {
    Undecided::of(cases).map(|undecided| undecided.to_string())
}

#[test]
fn what_most_cases_lack_is_said() {
    let passed = || case("t::a::c", Outcome::Passed);
    let post = || -> CaseReport { without("POST /memos", 400) };
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[post(), passed()]), None);
    assert_eq!(
        of(&[post(), post(), passed()]).as_deref(),
        Some("2 of 3 cases could not be judged: POST /memos got HTTP 400 (no) in 2 of them")
    );
    // Those that were not run are none of it.
    assert!(of(&[post(), case("t::a::d", Outcome::Skipped)]).is_some());
    let left = Reason::LeavesBehind { operation: "DELETE /users/{id}".to_owned() };
    let left = || CaseReport { reason: Some(left.clone()), ..case("t::a::e", Outcome::Inconclusive) };
    assert_eq!(
        of(&[post(), left(), post(), passed()]).as_deref(),
        Some(
            "3 of 4 cases could not be judged: POST /memos got HTTP 400 (no) in 2 of them; DELETE /users/{id} in 1 of them"
        )
    );
    // A request of few cases is not the cause, and no cause at all is none to tell.
    let mut many = vec![post(); 10];
    many.push(without("GET /x", 403));
    assert!(of(&many).is_some_and(|said| !said.contains("GET /x")));
    let alone: Vec<CaseReport> = (0..11).map(|number| without(&format!("GET /{number}"), 403)).collect();
    assert_eq!(of(&alone), None);
    assert_eq!(of(&[case("t::a::f", Outcome::Inconclusive)]), None);
}
