//! Fixtures: steps that several scenarios share.

use failspec_pack::pack::{Control, Files, Pack, Step, Texts};

const CONTRACT: &str = "\
contract: t
as_of: 2026-01-01
envelope: { code: /code }
requires:
  variables: { plan: { about: a plan, default: free } }
failures:
  - { id: invalid, status: 422, code: invalid, summary: It is invalid }
  - { id: absent, status: 404, code: absent, summary: It is absent }
";

const FIXTURES: &str = "\
contract: t
fixtures:
  order:
    fixtures: [customer]
    setup:
      - request: POST /orders
        json: { customer: \"${customer}\", size: 1 }
        capture: { order: /id }
    teardown:
      - request: DELETE /orders/${order}
  customer:
    setup:
      - request: POST /customers
        json: { name: \"${unique}\", plan: \"${plan}\" }
        capture: { customer: /id }
    teardown:
      - request: DELETE /customers/${customer}
";

const SCENARIOS: &str = "\
contract: t
scenarios:
  a:
    triggers: invalid
    fixtures: [order]
    setup:
      - request: POST /items
        capture: { item: /id }
    request: PUT /orders/${order}
    json: { size: -1, item: \"${item}\" }
    control: { json: { size: 2 } }
    teardown:
      - request: DELETE /items/${item}
";

fn load(fixtures: &str, scenarios: &str) -> Result<Pack, String> {
    let mut texts = Texts::new();
    texts.insert("schemas/t/contract.yaml".to_owned(), CONTRACT.into());
    texts.insert("scenarios/t/a.yaml".to_owned(), scenarios.into());
    texts.insert("scenarios/t/fixtures.yaml".to_owned(), fixtures.into());
    Pack::from_texts(&Files::Directory("packs".into()), "t", texts).map_err(|error| error.to_string())
}

fn lines(steps: &[Step]) -> Vec<String> {
    let requests = steps.iter().filter_map(|step| step.request.as_ref());
    requests.map(|request| format!("{} {}", request.line.method, request.line.path.written)).collect()
}

const SETUP: [&str; 3] = ["POST /customers", "POST /orders", "POST /items"];

const TEARDOWN: [&str; 3] =
    ["DELETE /items/${item}", "DELETE /orders/${order}", "DELETE /customers/${customer}"];

fn control_setup(pack: &Pack) -> Vec<String> {
    let Control::Flow(control) = &pack.scenarios[0].control else { panic!("no control") };
    lines(&control.setup)
}

#[test]
fn steps_of_fixtures_are_those_of_the_scenario() {
    let pack = load(FIXTURES, SCENARIOS).unwrap();
    let scenario = &pack.scenarios[0];
    assert_eq!(lines(&scenario.faulty.setup), SETUP);
    assert_eq!(control_setup(&pack), SETUP);
    assert_eq!(lines(&scenario.teardown), TEARDOWN);
    assert_eq!(
        scenario.other_files.iter().map(|file| &**file).collect::<Vec<_>>(),
        ["packs/scenarios/t/fixtures.yaml"]
    );
    assert!(pack.unused_fixtures.is_empty());
    // Each once, those that others need first.
    let named = SCENARIOS.replace("[order]", "[order, customer, order]");
    assert_eq!(lines(&load(FIXTURES, &named).unwrap().scenarios[0].faulty.setup), SETUP);
}

#[test]
fn control_keeps_the_fixtures_unless_it_says_otherwise() {
    let control = |control: &str| {
        let pack = load(FIXTURES, &SCENARIOS.replace("{ json: { size: 2 } }", control));
        let pack = pack.unwrap_or_else(|error| panic!("{error}"));
        (control_setup(&pack), lines(&pack.scenarios[0].teardown))
    };
    let (setup, teardown) = control("{ json: { size: 2 }, setup: [{ request: POST /others }] }");
    assert_eq!(setup, ["POST /customers", "POST /orders", "POST /others"]);
    assert_eq!(teardown, TEARDOWN);
    let (setup, _) = control("{ request: PUT /orders/1, fixtures: [] }");
    assert_eq!(setup, ["POST /items"]);
    let (setup, _) = control("{ request: PUT /orders/1, json: { size: 2 }, fixtures: null, setup: null }");
    assert!(setup.is_empty());
    let (setup, _) = control("{ request: PUT /orders/1, fixtures: [customer] }");
    assert_eq!(setup, ["POST /customers", "POST /items"]);
    // What only the control needs is removed, too.
    let of_control = SCENARIOS
        .replace("fixtures: [order]\n", "fixtures: [customer]\n")
        .replace("PUT /orders/${order}", "PUT /orders/${customer}")
        .replace("{ json: { size: 2 } }", "{ json: { size: 2 }, fixtures: [order] }");
    assert_eq!(
        lines(&load(FIXTURES, &of_control).unwrap().scenarios[0].teardown),
        ["DELETE /items/${item}", "DELETE /orders/${order}", "DELETE /customers/${customer}"]
    );
}

#[test]
fn errors_in_fixtures_are_at_their_place() {
    for (fixtures, place, message) in [
        (FIXTURES.replace("${plan}", "${plon}"), "fixtures.yaml:14:42", "`plon`"),
        (FIXTURES.replace("${plan}", "${plon}"), "fixtures.yaml:14:42", "in the scenario `a`"),
        (FIXTURES.replace("{ order: /id }", "{ order: id }"), "fixtures.yaml:8:27", "JSON Pointer"),
        (FIXTURES.replace("[customer]", "[custmer]"), "fixtures.yaml:4:16", "did you mean `customer`?"),
        (FIXTURES.replace("[customer]", "[order]"), "fixtures.yaml:4:15", "the fixture `order` needs itself"),
        (
            FIXTURES.replace("  customer:\n", "  customer:\n    fixtures: [order]\n"),
            "fixtures.yaml:12:15",
            "the fixture `customer` needs itself",
        ),
        (FIXTURES.replace("  order:\n", "  Order:\n"), "fixtures.yaml:3:3", "`Order` is not a valid name"),
        (
            FIXTURES.replace("    setup:\n", "    steps:\n"),
            "fixtures.yaml:5:5",
            "unknown key `steps` (fixture)",
        ),
        (FIXTURES.replace("    setup:\n", "    steps:\n"), "fixtures.yaml:4:5", "`setup` is missing"),
        (
            FIXTURES.replace("DELETE /orders/${order}", "DELETE /orders/${item2}"),
            "fixtures.yaml:10:18",
            "`item2`",
        ),
        ("contract: t\n".to_owned(), "fixtures.yaml:1:1", "the file has no scenarios"),
    ] {
        let error = load(&fixtures, SCENARIOS).unwrap_err();
        assert!(error.contains(place) && error.contains(message), "{fixtures}: {error}");
    }
    let error = load(FIXTURES, &SCENARIOS.replace("[order]", "[ordr]")).unwrap_err();
    assert!(error.contains("a.yaml:5:16") && error.contains("did you mean `order`?"), "{error}");
    // One error, however many scenarios have it.
    let again = SCENARIOS.split_once("  a:\n").unwrap().1;
    let two = format!("{SCENARIOS}  b:\n{again}");
    let error = load(&FIXTURES.replace("${plan}", "${plon}"), &two).unwrap_err();
    assert_eq!(error.matches("`plon`").count(), 1, "{error}");
    let twice = format!("{SCENARIOS}fixtures:\n  order: {{ setup: [] }}\n");
    let error = load(FIXTURES, &twice).unwrap_err();
    assert!(error.contains("the fixture `order` appears twice"), "{error}");
    assert!(error.contains("fixtures.yaml:3:3") && error.contains("a.yaml:15"), "{error}");
}

#[test]
fn fixture_that_no_scenario_uses_is_named() {
    let unused = |fixtures: &str, scenarios: &str| {
        let pack = load(fixtures, scenarios).unwrap();
        pack.unused_fixtures.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    let more = format!("{FIXTURES}  spare:\n    fixtures: [order]\n    setup: []\n");
    assert_eq!(unused(&more, SCENARIOS), ["spare"]);
    let only_customer = SCENARIOS.replace("[order]", "[customer]").replace("${order}", "1");
    assert_eq!(unused(FIXTURES, &only_customer), ["order"]);
    let of_control = SCENARIOS
        .replace("    fixtures: [order]\n", "")
        .replace("${order}", "1")
        .replace("{ json: { size: 2 } }", "{ json: { size: 2 }, fixtures: [order] }");
    assert_eq!(unused(FIXTURES, &of_control), [""; 0]);
}

#[test]
fn fixture_may_use_the_values_of_the_rows() {
    let fixtures = FIXTURES.replace("size: 1", "size: \"${size}\"");
    assert!(load(&fixtures, SCENARIOS).unwrap_err().contains("`size`"));
    let rows = SCENARIOS.replace("    request: PUT", "    each: { one: { size: 1 } }\n    request: PUT");
    assert_eq!(lines(&load(&fixtures, &rows).unwrap().scenarios[0].faulty.setup), SETUP);
}

#[test]
fn yaml_anchors_and_merge_keys_are_followed() {
    let scenarios = "\
contract: t
scenarios:
  a: &write
    triggers: invalid
    request: PUT /orders/1
    json: &order { size: -1, note: x }
    no_control: nothing else differs
  b:
    <<: *write
    triggers: absent
    json: { <<: *order, size: 2 }
";
    let pack = load(FIXTURES, scenarios).unwrap();
    let written: Vec<(&str, String)> = pack
        .scenarios
        .iter()
        .map(|scenario| (scenario.failure_id(&pack.contract), format!("{:?}", scenario.faulty.request.body)))
        .collect();
    assert_eq!([written[0].0, written[1].0], ["invalid", "absent"]);
    assert!(written[1].1.contains("note") && !written[1].1.contains("-1"), "{written:?}");
    // An error in what is merged is at its own place.
    let error = load(FIXTURES, &scenarios.replace("no_control:", "no_contrl:")).unwrap_err();
    assert!(error.contains("a.yaml:7:5"), "{error}");
    let error = load(FIXTURES, &scenarios.replace("<<: *write", "<<: 5")).unwrap_err();
    assert!(error.contains("a.yaml:9:5") && error.contains("must have a mapping"), "{error}");
}

/// A pack that extends another one has its rows and fixtures, and replaces those of the same name.
#[test]
fn rows_and_fixtures_are_inherited() {
    let folder = std::env::temp_dir().join(format!("failspec-fixtures-{}", std::process::id()));
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let rows = "    each: rows.csv\n    request: PUT";
    write("schemas/t/contract.yaml", CONTRACT);
    write("scenarios/t/a.yaml", &SCENARIOS.replace("    request: PUT", rows));
    write("scenarios/t/fixtures.yaml", FIXTURES);
    write("scenarios/t/rows.csv", "row,size\none,1\n");
    let contract = "contract: fork\nas_of: 2026-01-01\nextends_pack: t\n";
    write("schemas/fork/contract.yaml", contract);
    let load = || {
        let pack = Pack::load(&Files::Directory(folder.clone()), "fork");
        let pack = pack.unwrap_or_else(|error| panic!("{error}"));
        let scenario = &pack.scenarios[0];
        let rows: Vec<String> = scenario.rows.iter().map(|row| row.name.clone()).collect();
        (lines(&scenario.faulty.setup), rows, pack.unused_fixtures.len(), pack.digest)
    };
    let inherited = load();
    assert_eq!(
        (&inherited.0[..], &inherited.1[..], inherited.2),
        (&SETUP.map(str::to_owned)[..], &["one".to_owned()][..], 0)
    );
    let own = "contract: fork\nfixtures:\n  customer:\n    setup:\n      - { request: POST /v2/customers, capture: { customer: /id } }\n";
    write("scenarios/fork/own.yaml", own);
    write("scenarios/fork/rows.csv", "row,size\ntwo,2\nthree,3\n");
    let replaced = load();
    let setup = ["POST /v2/customers", "POST /orders", "POST /items"].map(str::to_owned);
    assert_eq!((&replaced.0[..], &replaced.1[..]), (&setup[..], &["two".to_owned(), "three".to_owned()][..]));
    assert_ne!(inherited.3, replaced.3);
    std::fs::remove_dir_all(&folder).unwrap();
}
