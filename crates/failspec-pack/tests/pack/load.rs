//! A small pack, of which each test changes one part.

use failspec_pack::pack::{Files, Pack, Texts};

const CONTRACT: &str = "\
contract: t
as_of: 2026-01-01
envelope: { code: /code }
requires:
  roles: { reader: reads }
  variables: { note: the id of a note }
failures:
  - { id: limited, status: 429, code: limited, summary: Too many requests, retry: after_delay }
";

const FAILURE: &str = "  - { id: not_found, status: 404, code: not_found, summary: It is absent }\n";

const SCENARIOS: &str = "\
contract: t
scenarios:
  a:
    triggers: not_found
    as: reader
    request: GET /notes/absent
";

const CONTROL: &str = "    control: { request: 'GET /notes/{note}' }\n";

/// Loads a pack from its two files.
pub fn load(contract: &str, scenarios: &str) -> Result<Pack, String> {
    let mut texts = Texts::new();
    texts.insert("schemas/t/contract.yaml".to_owned(), contract.into());
    texts.insert("scenarios/t/a.yaml".to_owned(), scenarios.into());
    Pack::from_texts(&Files::Directory("packs".into()), "t", texts).map_err(|error| error.to_string())
}

/// Loads the pack with further keys of the contract.
pub fn with_contract(keys: &str) -> Result<Pack, String> {
    load(&format!("{CONTRACT}{FAILURE}{keys}"), &format!("{SCENARIOS}{CONTROL}"))
}

/// Loads the pack with this entry of `failures`.
pub fn with_failure(failure: &str) -> Result<Pack, String> {
    load(&format!("{CONTRACT}  - {failure}\n"), &format!("{SCENARIOS}{CONTROL}"))
}

/// Loads the pack with further keys of the scenario, which has no control of its own.
pub fn with_scenario(keys: &str) -> Result<Pack, String> {
    load(&format!("{CONTRACT}{FAILURE}"), &format!("{SCENARIOS}{}", indented(keys)))
}

/// Loads the pack with further keys of a scenario that has a control.
pub fn with_controlled(keys: &str) -> Result<Pack, String> {
    with_scenario(&format!("control: {{ request: 'GET /notes/{{note}}' }}\n{keys}"))
}

/// Loads the pack with a second scenario of these keys.
pub fn with_another_scenario(keys: &str) -> Result<Pack, String> {
    let another = format!("  b:\n    request: GET /notes\n{}", indented(keys));
    load(&format!("{CONTRACT}{FAILURE}"), &format!("{SCENARIOS}{CONTROL}{another}"))
}

fn indented(keys: &str) -> String {
    keys.lines().map(|line| format!("    {line}\n")).collect()
}
