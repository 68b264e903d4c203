//! Scenarios that are right in several versions of a contract.

use failspec_pack::pack::{Files, Pack, Provenance, Texts, case_names};

fn contract(as_of: &str, failures: &str) -> String {
    format!("contract: t\nas_of: {as_of}\nenvelope: {{ code: /code }}\nfailures:\n{failures}")
}

/// Loads a version of a pack whose newer contract has `absent` with two causes in place of two failures.
fn load(name: &str, triggers: &str) -> Result<Pack, String> {
    let mut texts = Texts::new();
    let older = "  - { id: no_user, status: 404, code: 1, summary: a }\n  - { id: no_note, status: 404, code: 2, summary: b }\n";
    let newer = "  - { id: absent, status: 404, code: 1, summary: a, causes: [user, note], inferred: { leaks: forbidden } }\n";
    texts.insert("schemas/t/contract@2026-03.yaml".to_owned(), contract("2026-03-01", older).into());
    texts.insert("schemas/t/contract.yaml".to_owned(), contract("2026-08-01", newer).into());
    let scenario = format!(
        "contract: t\nscenarios:\n  a:\n    triggers: {triggers}\n    request: GET /a\n    no_control: x\n"
    );
    texts.insert("scenarios/t/a.yaml".to_owned(), scenario.into());
    Pack::from_texts(&Files::Directory("packs".into()), name, texts).map_err(|error| error.to_string())
}

#[test]
fn triggers_is_the_first_failure_that_the_version_has() {
    for (triggers, older, newer) in [
        ("[no_user, absent/user]", Some("t::no_user::a"), Some("t::absent::a")),
        ("[absent/note, no_note]", Some("t::no_note::a"), Some("t::absent::a")),
        ("[no_user]", Some("t::no_user::a"), None),
        ("absent/user", None, Some("t::absent::a")),
        ("[absent]", None, Some("t::absent::a")),
        // Of several that a version has, the first.
        ("[no_note, no_user]", Some("t::no_note::a"), None),
    ] {
        for (version, expected) in [("t@2026-03", older), ("t", newer)] {
            let pack =
                load(version, triggers).unwrap_or_else(|error| panic!("{version} {triggers}: {error}"));
            let names: Vec<String> = case_names(&pack).map(|(name, ..)| name).collect();
            assert_eq!(names.first().map(String::as_str), expected, "{version} {triggers}");
        }
    }
    let pack = load("t", "[no_note, absent/note]").unwrap();
    assert_eq!(pack.scenarios[0].cause, Some(1));
}

#[test]
fn every_failure_of_a_list_is_in_some_version() {
    for (triggers, said) in [
        ("[no_user, absent/usr]", "usr"),
        ("[absent/user, no_usr]", "no_usr"),
        ("[]", "the list is empty"),
        ("[{}]", ""),
    ] {
        for version in ["t", "t@2026-03"] {
            let error = load(version, triggers).err().unwrap_or_else(|| panic!("{version} {triggers}"));
            assert!(error.contains(said), "{version} {triggers}: {error}");
        }
    }
}

#[test]
fn cases_of_a_qualified_pack_carry_the_version() {
    let pack = load("t@2026-03", "[no_user, absent/user]").unwrap();
    assert_eq!((pack.prefix(), pack.all_versions()), ("t", vec!["t@2026-03".to_owned(), "t".to_owned()]));
    let pack = pack.qualified();
    assert_eq!(case_names(&pack).next().unwrap().0, "t@2026-03::no_user::a");
}

#[test]
fn what_leaks_is_a_documented_or_an_inferred_rule() {
    let pack = load("t", "absent").unwrap();
    assert_eq!(pack.contract.failures[0].leaks_forbidden, Some(Provenance::Inferred));
    let pack = load("t@2026-03", "no_user").unwrap();
    assert_eq!(pack.contract.failures[0].leaks_forbidden, None);
}
