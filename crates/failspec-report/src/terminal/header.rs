//! The first lines of a run: the packs, the targets and the selection.

use crate::{
    count,
    summary::{self, INSECURE, REFERENCE},
};
use failspec_base::sanitize::one_line;
use failspec_judge::report_model::{PackHeader, PlannedWait, RunHeader};

use super::{
    screen::{Columns, Screen},
    styles::Styles,
};

/// Returns the first lines.
pub fn begin(header: &RunHeader, columns: Columns) -> String {
    let mut text = Screen::new(columns);
    for pack in &header.packs {
        text.line(4, pack_line(pack));
        if let Some(origins) = &pack.origins {
            let origins = summary::origins(origins, pack.scenarios);
            text.line(4, format_args!("  {} {}", Styles::dab(Styles::FAINT, "sources"), one_line(&origins)));
        }
        let target = one_line(&pack.target);
        let label = Styles::dab(Styles::FAINT, "target");
        let notice = pack.reference.then(|| format!(" · {}", Styles::dab(Styles::WARN, REFERENCE)));
        text.line(4, format_args!("  {label} {target}{}", notice.unwrap_or_default()));
        if let Some(via) = &pack.via {
            text.line(
                4,
                format_args!("  {} {}", Styles::dab(Styles::FAINT, "via"), one_line(&via.to_string())),
            );
        }
        if pack.insecure {
            text.line(4, format_args!("  {} {INSECURE}", Styles::dab(Styles::BAD, "insecure")));
        }
        if pack.read_only {
            let label = Styles::dab(Styles::WARN, "read-only");
            text.line(4, format_args!("  {label} only requests that change nothing are sent, and logins"));
        }
        for level in &pack.check_levels {
            text.line(
                4,
                format_args!("  {} {}", Styles::dab(Styles::WARN, "checks"), one_line(&level.to_string())),
            );
        }
        // The embedded implementations have short windows: their waits are not noticeable.
        for wait in pack.waits.iter().filter(|_| !pack.reference) {
            text.line(4, format_args!("  {} {}", Styles::dab(Styles::WARN, "waits"), wait_line(wait)));
        }
    }
    let documented: usize = header.packs.iter().map(|pack| pack.failures).sum();
    let whole = || format!("{documented} of {documented} documented failures");
    let part = summary::selected_part(header.packs.iter());
    let by: Vec<String> =
        header.selectors.iter().cloned().chain(header.shard.map(|shard| format!("shard {shard}"))).collect();
    if let Some(part) = part.or_else(|| header.shard.map(|_| whole())) {
        text.line(
            4,
            format_args!("  {} {part} ({})", Styles::dab(Styles::WARN, "selected"), one_line(&by.join(" "))),
        );
    }
    text.finish()
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
