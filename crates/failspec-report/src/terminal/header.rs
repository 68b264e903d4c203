//! The first lines of a run: the packs, the targets and the selection.

use std::fmt::Write as _;

use crate::{
    count,
    summary::{self, INSECURE, REFERENCE},
};
use failspec_base::sanitize::one_line;
use failspec_judge::report_model::{PackHeader, PlannedWait, RunHeader};

use super::styles::Styles;

/// Returns the first lines.
pub fn begin(header: &RunHeader) -> String {
    let mut text = String::new();
    for pack in &header.packs {
        let _ = writeln!(text, "{}", pack_line(pack));
        if let Some(origins) = &pack.origins {
            let origins = summary::origins(origins, pack.scenarios);
            let _ = writeln!(text, "  {} {}", Styles::dab(Styles::FAINT, "sources"), one_line(&origins));
        }
        let target = one_line(&pack.target);
        let _ = match pack.reference {
            true => writeln!(
                text,
                "  {} {target} · {}",
                Styles::dab(Styles::FAINT, "target"),
                Styles::dab(Styles::WARN, REFERENCE)
            ),
            false => writeln!(text, "  {} {target}", Styles::dab(Styles::FAINT, "target")),
        };
        if let Some(via) = &pack.via {
            let _ = writeln!(text, "  {} {}", Styles::dab(Styles::FAINT, "via"), one_line(&via.to_string()));
        }
        if pack.insecure {
            let _ = writeln!(text, "  {} {INSECURE}", Styles::dab(Styles::BAD, "insecure"));
        }
        if pack.read_only {
            let label = Styles::dab(Styles::WARN, "read-only");
            let _ = writeln!(text, "  {label} only requests that change nothing are sent, and logins");
        }
        for level in &pack.check_levels {
            let _ =
                writeln!(text, "  {} {}", Styles::dab(Styles::WARN, "checks"), one_line(&level.to_string()));
        }
        // The embedded implementations have short windows: their waits are not noticeable.
        for wait in pack.waits.iter().filter(|_| !pack.reference) {
            let _ = writeln!(text, "  {} {}", Styles::dab(Styles::WARN, "waits"), wait_line(wait));
        }
    }
    let documented: usize = header.packs.iter().map(|pack| pack.failures).sum();
    let selected: usize = header.packs.iter().map(|pack| pack.failures_selected).sum();
    let by: Vec<String> =
        header.selectors.iter().cloned().chain(header.shard.map(|shard| format!("shard {shard}"))).collect();
    if selected < documented || header.shard.is_some() {
        let _ = writeln!(
            text,
            "  {} {selected} of {documented} documented failures ({})",
            Styles::dab(Styles::WARN, "selected"),
            one_line(&by.join(" "))
        );
    }
    text
}

fn wait_line(wait: &PlannedWait) -> String {
    let how = if wait.from_response { "as long as the response says, at most" } else { "for" };
    format!("{} {how} {} s", one_line(&wait.case), wait.at_most_seconds)
}

/// Formats `84 cases of 62 scenarios`.
fn cases(pack: &PackHeader) -> String {
    match (pack.cases, pack.scenarios) {
        (cases, scenarios) if cases == scenarios => count(scenarios, "scenario"),
        (cases, scenarios) => format!("{} of {}", count(cases, "case"), count(scenarios, "scenario")),
    }
}

fn pack_line(pack: &PackHeader) -> String {
    let as_of = pack.as_of.as_deref().map(|date| format!(" · docs as of {date}")).unwrap_or_default();
    format!(
        "{} {} · {}, sha256:{}{as_of} · {} · {}",
        Styles::dab(Styles::FAINT, "failspec"),
        Styles::dab(Styles::STRONG, one_line(&pack.label())),
        one_line(&pack.origin),
        &pack.digest[..12.min(pack.digest.len())],
        count(pack.failures, "failure"),
        cases(pack),
    )
}
