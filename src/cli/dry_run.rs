//! `run --dry-run`: what would be sent.

use std::fmt::Write as _;

use failspec_base::sanitize::{one_line, shortened};
use failspec_engine::{Plan, PlannedRequest};
use failspec_report::{count, terminal::Styles};

/// Maximum length of a body, in characters; `-v` shows all of it.
const MAX_BODY_LEN: usize = 160;

/// Returns the requests of the plans in their order. `verbose` shows headers and whole bodies.
pub(super) fn dry_run(plans: &[Plan], verbose: bool) -> String {
    let mut text = String::new();
    let (mut cases, mut requests, mut skipped) = (0, 0, 0);
    for case in plans.iter().flat_map(Plan::dry_run) {
        let name = Styles::dab(Styles::STRONG, one_line(&case.case.name));
        match &case.case.skip {
            Some(reason) => {
                skipped += 1;
                let reason = one_line(&reason.to_string());
                let _ = writeln!(text, "{name}\n  {} {reason}", Styles::dab(Styles::WARN, "skipped"));
            }
            None => {
                cases += 1;
                requests += case.requests.len();
                let _ = writeln!(text, "{name}");
                case.requests.iter().for_each(|planned| request(&mut text, planned, verbose));
            }
        }
    }
    let mut parts = vec![format!("{} of {}", count(requests, "request"), count(cases, "case"))];
    if skipped > 0 {
        parts.push(format!("{} skipped", count(skipped, "case")));
    }
    let _ = writeln!(
        text,
        "\n{}; nothing was sent. A run also sends logins, health checks and conditions, and repeats what the response asks for.",
        parts.join(", ")
    );
    text
}

fn request(text: &mut String, planned: &PlannedRequest<'_>, verbose: bool) {
    let label = Styles::dab(Styles::FAINT, format_args!("{:<22}", planned.phase.as_str()));
    let request = match &planned.request {
        Ok(request) => request,
        Err(error) => {
            let error = one_line(&error.to_string());
            let _ = writeln!(text, "  {label} {} {error}", Styles::dab(Styles::BAD, "cannot be built:"));
            return;
        }
    };
    let role =
        planned.role.map_or_else(|| "without a role".to_owned(), |role| format!("as {}", one_line(role)));
    let times = planned.times.as_ref().map(|times| format!(", up to {} times", one_line(times)));
    let notes = Styles::dab(Styles::FAINT, format_args!("{role}{}", times.unwrap_or_default()));
    let (method, url) = (one_line(&request.method), one_line(&request.url.to_string()));
    let _ = writeln!(text, "  {label} {method} {url} {notes}");
    let mut row = |line: &str| {
        let _ = writeln!(text, "  {:<22} {}", "", Styles::dab(Styles::FAINT, line));
    };
    if verbose {
        for (name, value) in &request.headers {
            row(&format!("{}: {}", one_line(name), one_line(&value.to_string())));
        }
    }
    if let Some(body) = request.body.as_ref().filter(|body| !body.is_empty()) {
        let body = one_line(&body.to_string());
        row(&if verbose { body } else { shortened(&body, MAX_BODY_LEN).into_owned() });
    }
    if !planned.captured.is_empty() {
        let names: Vec<String> =
            planned.captured.iter().map(|name| format!("~{}~", one_line(name))).collect();
        row(&format!("{}: from a response", names.join(", ")));
    }
}
