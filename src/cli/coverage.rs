//! `failspec coverage`.

use std::{collections::BTreeMap, fmt::Write as _, io::Write as _};

use serde_json::{Value, json};

use failspec_base::sanitize::one_line;
use failspec_judge::report_model::exit;
use failspec_lint::operations_without_case;
use failspec_pack::{
    openapi::{Declared, Operation, Response},
    pack::{self, Control, Pack, Provenance, show_statuses},
};
use failspec_report::terminal::Styles;

use super::{
    arguments::PackArguments,
    error::CliError,
    lint::without_case,
    list::origins,
    output_format::{OutputFormat, print_json},
    pack_sources::PackSources,
    packs,
    stdout::stdout,
};

/// Prints the failures and causes with their scenarios, and the errata of the documentation.
///
/// # Errors
/// When a pack cannot be read.
pub fn command(arguments: &PackArguments) -> Result<u8, CliError> {
    let packs = packs::named(&PackSources::of(&arguments.from, None)?, &arguments.names)?;
    if arguments.format == OutputFormat::Json {
        let packs: Vec<Value> = packs.iter().map(|pack| document(pack)).collect();
        print_json(json!({ "packs": packs }));
        return Ok(exit::CONFORMS);
    }
    let text: String = packs.iter().map(|pack| of_pack(pack)).collect::<Vec<_>>().join("\n");
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

fn of_pack(pack: &Pack) -> String {
    let contract = &pack.contract;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}  {}",
        Styles::dab(Styles::STRONG, pack.label()),
        Styles::dab(Styles::FAINT, one_line(contract.documentation.as_deref().unwrap_or_default()))
    );
    origins(&mut text, pack);
    for (index, failure) in contract.failures.iter().enumerate() {
        let status = show_statuses(failure.statuses());
        let code = failure.code().map(|code| format!(" {code}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "  {} {}",
            Styles::dab(Styles::STRONG, &failure.id),
            Styles::dab(Styles::FAINT, format_args!("{status}{code} · {}", one_line(&failure.summary)))
        );
        if let Some(reason) = &failure.excluded {
            let _ = writeln!(text, "    {} {}", Styles::dab(Styles::WARN, "excluded:"), one_line(reason));
        }
        let mut parts: Vec<Option<usize>> = vec![None];
        parts.extend((0..failure.causes.len()).map(Some));
        for part in parts {
            let scenarios = pack.scenarios.iter().filter(|it| it.failure == Some(index) && it.cause == part);
            let names: Vec<String> = scenarios
                .map(|scenario| {
                    let rows = if scenario.rows.is_empty() {
                        String::new()
                    } else {
                        format!(" ×{}", scenario.rows.len())
                    };
                    let ours = if scenario.source == Provenance::Inferred { " (inferred)" } else { "" };
                    let control =
                        if matches!(scenario.control, Control::Flow(_)) { "" } else { " (no control)" };
                    format!("{}{rows}{ours}{control}", scenario.name)
                })
                .collect();
            let cause = part.map(|part| format!("{}: ", failure.causes[part])).unwrap_or_default();
            match (names.is_empty(), part) {
                (false, _) => {
                    let _ = writeln!(text, "    {cause}{}", names.join(", "));
                }
                (true, None) if !failure.causes.is_empty() => {}
                (true, _) if failure.excluded.is_none() => {
                    let _ = writeln!(text, "    {cause}{}", Styles::dab(Styles::BAD, "no scenario"));
                }
                _ => {}
            }
        }
    }
    for failure in &contract.not_in_force {
        let _ = writeln!(
            text,
            "  {} {} {}",
            Styles::dab(Styles::STRONG, &failure.id),
            Styles::dab(Styles::WARN, "not in this version:"),
            Styles::dab(Styles::FAINT, format_args!("documented {}", failure.period))
        );
    }
    operations(pack, &mut text);
    text += &without_case(pack);
    let _ = writeln!(
        text,
        "  {} in the documentation itself",
        Styles::dab(Styles::STRONG, format_args!("{} errata", contract.errata.len()))
    );
    for erratum in &contract.errata {
        let _ = writeln!(text, "    · {}", one_line(&erratum.about));
        for link in &erratum.links {
            let _ = writeln!(text, "      {}", Styles::dab(Styles::FAINT, one_line(link)));
        }
    }
    text
}

/// Returns the failures of a pack with their scenarios, for programs.
fn document(pack: &Pack) -> Value {
    let contract = &pack.contract;
    let failures = contract.failures.iter().enumerate().map(|(index, failure)| {
        let scenarios = pack.scenarios.iter().filter(|scenario| scenario.failure == Some(index));
        let scenarios = scenarios.map(|scenario| {
            json!({
                "name": scenario.name,
                "cause": scenario.cause.and_then(|cause| failure.causes.get(cause)),
                "cases": scenario.rows.len().max(1),
                "inferred": scenario.source == Provenance::Inferred,
                "control": matches!(scenario.control, Control::Flow(_)),
            })
        });
        json!({
            "id": failure.id,
            "statuses": show_statuses(failure.statuses()),
            "code": failure.code(),
            "summary": failure.summary,
            "excluded": failure.excluded,
            "causes": failure.causes,
            "scenarios": scenarios.collect::<Vec<_>>(),
        })
    });
    let operations = declared_errors(pack).into_iter().map(|(operation, counts)| {
        let responses =
            counts.into_iter().map(|(status, scenarios)| json!({ "status": status, "scenarios": scenarios }));
        json!({ "operation": operation, "errors": responses.collect::<Vec<_>>() })
    });
    let errata =
        contract.errata.iter().map(|erratum| json!({ "about": erratum.about, "links": erratum.links }));
    json!({
        "pack": pack.label(),
        "documentation": contract.documentation,
        "origins": pack.origins(),
        "failures": failures.collect::<Vec<_>>(),
        "operations": operations.collect::<Vec<_>>(),
        "operations_without_case": operations_without_case(pack),
        "errata": errata.collect::<Vec<_>>(),
    })
}

/// Writes the number of scenarios for each declared error of each operation.
fn operations(pack: &Pack, text: &mut String) {
    let mut without_scenario: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (operation, counts) in declared_errors(pack) {
        for (status, _) in counts.iter().filter(|(_, count)| *count == 0) {
            *without_scenario.entry((status.clone(), reason(pack, status))).or_default() += 1;
        }
        let counts: Vec<String> = counts
            .into_iter()
            .map(|(status, count)| match count {
                0 => Styles::dab(Styles::FAINT, format_args!("{status} –")),
                count => Styles::dab(Styles::GOOD, format_args!("{status} ×{count}")),
            })
            .collect();
        let _ = writeln!(text, "  {}  {}", one_line(&operation), counts.join("  "));
    }
    for ((status, reason), count) in without_scenario {
        let operations = if count == 1 { "operation" } else { "operations" };
        let said = format_args!("{status} –  in {count} {operations}: {}", one_line(&reason));
        let _ = writeln!(text, "    {}", Styles::dab(Styles::FAINT, said));
    }
}

/// Returns the reason why no scenario of an operation expects a status that it declares.
fn reason(pack: &Pack, status: &str) -> String {
    let is_it = |failure: &&pack::Failure| {
        let only = |pattern: &pack::StatusPattern| pattern.to_string() == status;
        failure.statuses().iter().all(only) && !failure.statuses().is_empty()
    };
    let excluded = pack.contract.failures.iter().filter(is_it).find_map(|failure| failure.excluded.clone());
    excluded.unwrap_or_else(|| "no scenario of the operation triggers it".to_owned())
}

/// The errors that an operation declares: for each status, the number of scenarios that expect it.
type DeclaredErrors = Vec<(String, usize)>;

/// Returns the operations that declare errors. `failspec lint` reports the problems of a document that cannot be read.
fn declared_errors(pack: &Pack) -> Vec<(String, DeclaredErrors)> {
    let Ok(Some(declared)) = Declared::of(pack) else { return Vec::new() };
    let errors = |operation: &&Operation| operation.responses.iter().any(|it| it.status.may_be_failure());
    let asked: Vec<(Option<&Operation>, &pack::Failure)> = pack
        .scenarios
        .iter()
        .filter_map(|scenario| {
            let line = &scenario.faulty.request.line;
            let path = line.path.written.split('?').next().unwrap_or_default();
            Some((declared.operation(&line.method, path), &pack.contract.failures[scenario.failure?]))
        })
        .collect();
    let of_operation = |operation: &Operation| {
        let is_same = |asked: Option<&Operation>| asked.is_some_and(|it| it.pointer == operation.pointer);
        let failures: Vec<&pack::Failure> =
            asked.iter().filter(|(it, _)| is_same(*it)).map(|(_, failure)| *failure).collect();
        let declared = operation.responses.iter().filter(|it| it.status.may_be_failure());
        let counts = declared.map(|response| {
            let expects = |failure: &pack::Failure| {
                let mut statuses = (100..600).filter(|status| failure.allows_status(*status));
                let held = |status: u16| Response::of(&operation.responses, status);
                statuses.any(|status| held(status).is_some_and(|it| it.status == response.status))
            };
            let count = failures.iter().filter(|failure| expects(failure)).count();
            (response.status.to_string(), count)
        });
        (operation.name().to_string(), counts.collect())
    };
    declared.api.operations.iter().filter(errors).map(of_operation).collect()
}
