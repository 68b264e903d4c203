//! Rows from a file of the pack.

use failspec_pack::pack::{Files, Pack, Texts};
use serde_json::{Value, json};

const CONTRACT: &str = "\
contract: t
as_of: 2026-01-01
envelope: { code: /code }
failures:
  - { id: invalid, status: 422, code: invalid, summary: It is invalid }
";

const SCENARIOS: &str = "\
contract: t
scenarios:
  a:
    triggers: invalid
    request: POST /notes
    json: { size: \"${size}\", title: \"${title}\" }
    each: EACH
    no_control: nothing else differs
";

/// Loads the pack with a file in the folder of its scenarios.
fn with_file(each: &str, path: &str, text: &str) -> Result<Pack, String> {
    let mut texts = Texts::new();
    texts.insert("schemas/t/contract.yaml".to_owned(), CONTRACT.into());
    texts.insert("scenarios/t/a.yaml".to_owned(), SCENARIOS.replace("EACH", each).into());
    texts.insert(path.to_owned(), text.into());
    Pack::from_texts(&Files::Directory("packs".into()), "t", texts).map_err(|error| error.to_string())
}

fn rows(pack: &Pack) -> Vec<(&str, Value)> {
    let rows = pack.scenarios[0].rows.iter();
    rows.map(|row| (row.name.as_str(), row.values.iter().cloned().collect())).collect()
}

#[test]
fn rows_of_a_file_are_those_that_it_says() {
    let csv = "title,row,size:json,x\nshort,one,5,\n\"a, \"\"b\"\"\",two,null,007\n,three,\"{\"\"a\"\": [true]}\",no\n";
    let pack = with_file("rows.csv", "scenarios/t/rows.csv", csv).unwrap();
    let expected = [
        ("one", json!({ "title": "short", "size": 5, "x": "" })),
        ("two", json!({ "title": "a, \"b\"", "size": null, "x": "007" })),
        ("three", json!({ "title": "", "size": { "a": [true] }, "x": "no" })),
    ];
    assert_eq!(rows(&pack), expected);
    let expected =
        [("one", json!({ "size": 5, "title": "s" })), ("two", json!({ "size": "5", "title": null }))];
    let mapping = r#"{ "one": { "size": 5, "title": "s" }, "two": { "size": "5", "title": null } }"#;
    let list = r#"[{ "row": "one", "size": 5, "title": "s" }, { "size": "5", "row": "two", "title": null }]"#;
    for json in [mapping, list] {
        let pack = with_file("data/rows.json", "scenarios/t/data/rows.json", json).unwrap();
        assert_eq!(rows(&pack), expected, "{json}");
        assert_eq!(pack.ignored_files(), [""; 0]);
    }
}

#[test]
fn row_file_is_a_part_of_the_digest() {
    let digest = |size: &str| {
        let csv = format!("row,size,title\none,{size},x\n");
        with_file("rows.csv", "scenarios/t/rows.csv", &csv).unwrap().digest
    };
    assert_eq!(digest("1"), digest("1"));
    assert_ne!(digest("1"), digest("2"));
}

#[test]
fn errors_in_a_row_file_have_its_name_line_and_column() {
    for (text, place, message) in [
        ("row,size,title\none,1\n", "rows.csv:2:5", "this line has 2 cells, and the first line has 3"),
        ("row,size,title\none,1,x\none,2,y\n", "rows.csv:3:1", "the row `one` appears twice"),
        ("row,size,title\nOne,1,x\n", "rows.csv:2:1", "`One` is not a valid name"),
        ("row,size,title,Big Size\none,1,x,y\n", "rows.csv:1:16", "`Big Size` is not a valid name"),
        ("row,size,title,size\none,1,x,y\n", "rows.csv:1:16", "the column `size` appears twice"),
        ("row,size,title,now\none,1,x,y\n", "rows.csv:1:16", "`now` is built in"),
        ("name,size,title\none,1,x\n", "rows.csv:1:1", "the first line has no column `row`"),
        ("row;size;title\none;1;x\n", "rows.csv:1:1", "commas separate columns"),
        ("row,size:json,title\none,five,x\n", "rows.csv:2:5", "this cell is not JSON, as its column says"),
        ("row,size,title\none,\"1,x\n", "rows.csv:2:5", "the quotes of this cell are not closed"),
        ("row,size,title\n", "rows.csv:1:1", "the file has no rows"),
        ("", "rows.csv:1:1", "the file has no rows"),
        ("row,size\none,1\n", "a.yaml:6:37", "there is no variable, capture or row value `title`"),
    ] {
        let error = with_file("rows.csv", "scenarios/t/rows.csv", text).unwrap_err();
        assert!(error.contains(place) && error.contains(message), "{text}: {error}");
        // Without its rows, nothing about the scenario is said that follows from that.
        assert!(error.matches("error: ").count() <= 1 || message.contains("valid name"), "{text}: {error}");
    }
    for (text, place, message) in [
        ("{ \"one\": { \"size\": 1, }", "rows.json:1:23", "this is not well-formed JSON"),
        ("{ \"one\": {},\n  \"one\": {} }", "rows.json:2:3", "`one` appears twice"),
        ("[{ \"size\": 1 }]", "rows.json:1:2", "`row` is missing"),
        ("[{ \"row\": 1 }]", "rows.json:1:11", "expected text"),
        ("[5]", "rows.json:1:2", "expected a row"),
        ("5", "rows.json:1:1", "expected a mapping of rows, or a list of rows"),
        ("{}", "rows.json:1:1", "the file has no rows"),
        ("{ \"one\": 5 }", "rows.json:1:10", "expected a mapping"),
    ] {
        let error = with_file("rows.json", "scenarios/t/rows.json", text).unwrap_err();
        assert!(error.contains(place) && error.contains(message), "{text}: {error}");
    }
    let many: String = (0..=10_000).map(|row| format!("r{row},1,x\n")).collect();
    let error =
        with_file("rows.csv", "scenarios/t/rows.csv", &format!("row,size,title\n{many}")).unwrap_err();
    assert!(error.contains("rows.csv:10002:1") && error.contains("more than 10000 rows"), "{error}");
}

#[test]
fn row_file_that_is_none_of_the_pack_is_an_error() {
    let csv = "row,size,title\none,1,x\n";
    for (each, path, message) in [
        ("../u/rows.csv", "scenarios/u/rows.csv", "`../u/rows.csv` is not a file of the pack"),
        ("/etc/rows.csv", "scenarios/t/rows.csv", "`/etc/rows.csv` is not a file of the pack"),
        ("./rows.csv", "scenarios/t/rows.csv", "`./rows.csv` is not a file of the pack"),
        ("data/../rows.csv", "scenarios/t/rows.csv", "is not a file of the pack"),
        ("'data\\rows.csv'", "scenarios/t/data/rows.csv", "is not a file of the pack"),
        ("\"\"", "scenarios/t/rows.csv", "is not a file of the pack"),
        ("row.csv", "scenarios/t/rows.csv", "did you mean `rows.csv`?"),
        ("rows.csv", "schemas/t/rows.csv", "there is no file of rows (.csv or .json) `rows.csv`"),
        ("a.yaml", "scenarios/t/rows.csv", "there is no file of rows (.csv or .json) `a.yaml`"),
    ] {
        let error = with_file(each, path, csv).unwrap_err();
        assert!(error.contains(message) && error.contains("a.yaml:7:11"), "{each}: {error}");
    }
}

#[test]
fn null_of_a_row_file_that_is_a_part_of_a_text_is_an_error() {
    let scenarios = SCENARIOS.replace("POST /notes", "\"POST /notes/${size}\"").replace("EACH", "rows.csv");
    let mut texts = Texts::new();
    texts.insert("schemas/t/contract.yaml".to_owned(), CONTRACT.into());
    texts.insert("scenarios/t/a.yaml".to_owned(), scenarios.into());
    texts.insert("scenarios/t/rows.csv".to_owned(), "row,size:json,title\none,null,x\n".into());
    let error = Pack::from_texts(&Files::Directory("packs".into()), "t", texts).unwrap_err().to_string();
    assert!(error.contains("rows.csv:2:5") && error.contains("a request of `a` has it as a part"), "{error}");
}

#[cfg(unix)]
#[test]
fn link_out_of_the_folder_is_no_row_file() {
    let folder = std::env::temp_dir().join(format!("failspec-rows-{}", std::process::id()));
    let (schemas, scenarios) = (folder.join("p/schemas/t"), folder.join("p/scenarios/t"));
    std::fs::create_dir_all(&schemas).unwrap();
    std::fs::create_dir_all(&scenarios).unwrap();
    std::fs::write(schemas.join("contract.yaml"), CONTRACT).unwrap();
    std::fs::write(scenarios.join("a.yaml"), SCENARIOS.replace("EACH", "rows.csv")).unwrap();
    std::fs::write(folder.join("rows.csv"), "row,size,title\none,1,x\n").unwrap();
    let load = || Pack::load(&Files::Directory(folder.join("p")), "t").map_err(|error| error.to_string());
    std::os::unix::fs::symlink("../../../rows.csv", scenarios.join("rows.csv")).unwrap();
    let outside = load().unwrap_err();
    std::fs::remove_file(scenarios.join("rows.csv")).unwrap();
    std::fs::copy(folder.join("rows.csv"), scenarios.join("rows.csv")).unwrap();
    let inside = load().unwrap().scenarios[0].rows.len();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(outside.contains("it is a link that leads out of"), "{outside}");
    assert_eq!(inside, 1);
}

#[test]
fn row_without_a_value_that_a_request_uses_is_an_error() {
    let title = |size: &str| {
        format!("{{ \"a\": {{ \"size\": 1, \"title\": \"x\" }}, \"b\": {{ {size}\"title\": \"y\" }} }}")
    };
    let load = |size: &str| with_file("rows.json", "scenarios/t/rows.json", &title(size));
    assert!(load("\"size\": 2, ").is_ok());
    let error = load("").unwrap_err();
    assert!(error.contains("the row `b` has no `size`, which other rows have"), "{error}");
    // What no request uses may be anywhere.
    assert!(load("\"size\": 2, \"remark\": \"only here\", ").is_ok());
}

#[test]
fn number_that_would_not_be_sent_as_written_is_an_error() {
    for (number, is_sent) in [
        ("1", true),
        ("-1.5", true),
        ("18446744073709551615", true),
        ("123456789012345678901234567890", false),
        ("1e2", false),
        ("0.1234567890123456789", false),
    ] {
        let json = format!("{{ \"a\": {{ \"size\": {number}, \"title\": \"x\" }} }}");
        let csv = format!("row,size:json,title\na,{number},x\n");
        for (name, text) in [("rows.json", json), ("rows.csv", csv)] {
            let loaded = with_file(name, &format!("scenarios/t/{name}"), &text);
            let refused = loaded.err().is_some_and(|error| error.contains("would not be sent as written"));
            assert_eq!(refused, !is_sent, "{name}: {number}");
        }
    }
}
