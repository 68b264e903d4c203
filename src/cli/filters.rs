//! `--only` and `--exclude`: the cases of a run by what they test and what they send.

use std::sync::Arc;

use failspec_base::syntax::closest;
use failspec_engine::{Selectors, case_names};
use failspec_pack::{
    pack::{Pack, Scenario},
    target_config::glob,
};

use super::error::CliError;

/// The properties of a case that a filter can name.
const KEYS: [(&str, Key); 7] = [
    ("failure", Key::Failure),
    ("cause", Key::Cause),
    ("scenario", Key::Scenario),
    ("tag", Key::Tag),
    ("operation", Key::Operation),
    ("method", Key::Method),
    ("role", Key::Role),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Failure,
    Cause,
    Scenario,
    Tag,
    Operation,
    Method,
    Role,
}

/// A filter: `KEY=GLOB`, or the name of cases.
#[derive(Debug)]
struct Filter<'a> {
    given: &'a str,
    key: Option<Key>,
    glob: &'a str,
    /// The cases that a filter without a key names, as a selector of a run does.
    named: Selectors,
}

/// Returns the selectors of the cases that pass all filters: of `only`, for each key at least one; of `exclude`, none.
///
/// # Errors
/// When a filter cannot be read, when one matches no case, and when no case is left: nothing would be tested.
pub(super) fn filtered(
    packs: &[Arc<Pack>],
    selectors: Selectors,
    only: &[String],
    exclude: &[String],
) -> Result<Selectors, CliError> {
    if only.is_empty() && exclude.is_empty() {
        return Ok(selectors);
    }
    let names: Vec<String> = packs.iter().flat_map(|pack| case_names(pack).map(|(name, ..)| name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let parse = |option, text| parse(option, text, &names);
    let wanted: Vec<Filter<'_>> = only.iter().map(|text| parse("--only", text)).collect::<Result<_, _>>()?;
    let unwanted: Vec<Filter<'_>> =
        exclude.iter().map(|text| parse("--exclude", text)).collect::<Result<_, _>>()?;
    let mut used = vec![false; wanted.len() + unwanted.len()];
    let mut left = Vec::new();
    for pack in packs {
        for (name, scenario, _) in case_names(pack).filter(|(name, ..)| selectors.pick(name)) {
            let matches: Vec<bool> =
                wanted.iter().chain(&unwanted).map(|filter| filter.matches(&name, pack, scenario)).collect();
            used.iter_mut().zip(&matches).for_each(|(used, matches)| *used |= matches);
            let (of_wanted, of_unwanted) = matches.split_at(wanted.len());
            let is_wanted = wanted.iter().all(|filter| {
                let same = wanted.iter().zip(of_wanted).filter(|(other, _)| other.key == filter.key);
                same.into_iter().any(|(_, matches)| *matches)
            });
            if is_wanted && !of_unwanted.contains(&true) {
                left.push(format!("{name}::"));
            }
        }
    }
    if let Some(at) = used.iter().position(|used| !used) {
        let (option, filter) = match wanted.get(at) {
            Some(filter) => ("--only", filter),
            None => ("--exclude", &unwanted[at - wanted.len()]),
        };
        return Err(CliError::usage_hint(
            format!("{option} {} matches none of the selected cases", filter.given),
            "`failspec list PACK` lists the cases; `failspec run --dry-run` shows roles, methods and operations",
        ));
    }
    if left.is_empty() {
        return Err(CliError::usage_hint(
            "no case is left: nothing would be tested",
            "the filters exclude all selected cases",
        ));
    }
    Ok(Selectors(left))
}

fn parse<'a>(option: &str, text: &'a str, names: &[&str]) -> Result<Filter<'a>, CliError> {
    let empty = || CliError::usage(format!("{option} {text} is empty: it would match everything or nothing"));
    let Some((key, glob)) = text.split_once('=') else {
        return if text.trim().is_empty() {
            Err(empty())
        } else {
            Ok(Filter {
                given: text,
                key: None,
                glob: text,
                named: Selectors(vec![text.to_owned()]).exact(names),
            })
        };
    };
    if glob.trim().is_empty() {
        return Err(empty());
    }
    let Some((_, known)) = KEYS.iter().find(|(known, _)| *known == key) else {
        let names = KEYS.map(|(name, _)| name);
        let hint = match closest(key, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys are {}; without one, it is the name of cases", names.join(", ")),
        };
        return Err(CliError::usage_hint(format!("{option} {text}: there is no key `{key}`"), hint));
    };
    Ok(Filter { given: text, key: Some(*known), glob, named: Selectors::default() })
}

impl Filter<'_> {
    fn matches(&self, name: &str, pack: &Pack, scenario: &Scenario) -> bool {
        let is = |text: &str| glob(self.glob, text);
        let request = &scenario.faulty.request;
        match self.key {
            None => self.named.pick(name),
            Some(Key::Failure) => is(scenario.failure_id(&pack.contract)),
            Some(Key::Cause) => scenario
                .failure
                .zip(scenario.cause)
                .is_some_and(|(failure, cause)| is(&pack.contract.failures[failure].causes[cause])),
            Some(Key::Scenario) => is(&scenario.name),
            Some(Key::Tag) => scenario.tags.iter().any(|tag| is(tag)),
            // The request under test says what a case is about: the operations of its setup are not.
            Some(Key::Operation) => {
                let line = format!("{} {}", request.line.method, request.line.path.written);
                request.line.operation.as_deref().is_some_and(is) || is(&line)
            }
            Some(Key::Method) => is(&request.line.method) || is(&request.line.method.to_lowercase()),
            // Any request with the credentials of the role: whoever has none of them wants no case that needs them.
            Some(Key::Role) => scenario.needs().roles.into_iter().any(is),
        }
    }
}
