//! Files written by `init` and `scenario new` can be used at once, and nothing is overwritten.

use std::{fs, path::Path};

use crate::support::{Done, Reply, Server, done, failspec, run};
use failspec_base::syntax::Source;
use failspec_pack::pack::writing::{FileDocument, ScenarioFileSource, TriggerSource};

fn here(folder: &Path, arguments: &[&str]) -> Done {
    done(failspec(folder).args(arguments))
}

#[test]
fn init_creates_a_pack_that_lints_clean_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|request| match request.path.as_str() {
        "/" => Reply::html(200, "hello"),
        _ => Reply::html(404, "nothing here"),
    });
    here(folder.path(), &["init", "notes"])
        .exits(0)
        .says("schemas/notes/contract.yaml")
        .says("failspec lint notes");
    here(folder.path(), &["lint", "notes", "--packs", "."]).exits(0);
    here(folder.path(), &["run", "notes", "--packs", ".", "--url", &server.url])
        .exits(0)
        .says("1 of 1 documented failures exercised");
    let wrong = Server::start(|_| Reply::html(200, "hello"));
    here(folder.path(), &["run", "notes", "--packs", ".", "--url", &wrong.url]).exits(1).says("not-rejected");
    // The JSON Schema for editors is at the path that the files give.
    let scenarios = fs::read_to_string(folder.path().join("scenarios/notes/notes.yaml")).unwrap();
    assert!(scenarios.contains("$schema=../../schemas/scenario.schema.json"), "{scenarios}");
    assert!(folder.path().join("schemas/scenario.schema.json").is_file());
    // All keys can be listed without a checkout of the repository.
    let contract = fs::read_to_string(folder.path().join("schemas/notes/contract.yaml")).unwrap();
    for (file, format) in [(&contract, "contract"), (&scenarios, "scenario")] {
        assert!(file.contains(&format!("All keys: `failspec schema {format}`")), "{file}");
        here(folder.path(), &["schema", format]).exits(0).says("\"$defs\"");
    }
    // A second pack can be added; for an existing pack the whole command is refused.
    here(folder.path(), &["init", "other"]).exits(0);
    fs::remove_file(folder.path().join("scenarios/notes/notes.yaml")).unwrap();
    here(folder.path(), &["init", "notes"]).exits(2).says("exists already; nothing was written");
    assert!(!folder.path().join("scenarios/notes/notes.yaml").exists());
}

#[test]
fn init_from_a_built_in_pack_creates_an_editable_copy() {
    let folder = tempfile::tempdir().unwrap();
    here(folder.path(), &["init", "--from", "kubeadapt"]).exits(0);
    here(folder.path(), &["lint", "--packs", "."]).exits(0);
    here(folder.path(), &["run", "--reference", "--packs", ".", "--snapshots", "check"])
        .exits(0)
        .says("10 of 10 documented failures exercised");
    here(folder.path(), &["init", "mine", "--from", "kubeadapt"]).exits(0);
    here(folder.path(), &["lint", "mine", "--packs", "."]).exits(0);
    here(folder.path(), &["list", "mine", "--packs", "."]).exits(0).says("mine::rate_limited::");
    here(folder.path(), &["init", "--from", "kubeglas"])
        .exits(2)
        .says("there is no built-in pack `kubeglas`");
    here(folder.path(), &["init"])
        .exits(2)
        .says("nothing to create: give NAME, --from, --target or --programme");
    for name in ["../up", "Notes", "", "a/b", "a b"] {
        here(folder.path(), &["init", name]).exits(2);
    }
    assert!(!folder.path().parent().unwrap().join("up").exists());
}

#[test]
fn init_target_lists_the_requirements_of_the_pack() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("failspec.toml");
    here(folder.path(), &["init", "--target", "staging", "--pack", "kubeglass"])
        .exits(0)
        .says("check-target");
    let text = fs::read_to_string(&config).unwrap();
    for required in [
        "default_target = \"staging\"",
        "[target.staging]",
        "# roles.editor = { bearer = \"${env:STAGING_EDITOR_TOKEN}\" }",
        "# variables.namespace = \"default\"",
        "# conditions.helm-missing",
    ] {
        assert!(text.contains(required), "{required} in\n{text}");
    }
    // The file can be parsed, both unchanged and with all commented-out keys enabled.
    let lines = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if rest.contains(" = ") => rest,
        _ => line,
    });
    let whole: Vec<&str> = lines.collect();
    fs::write(folder.path().join("whole.toml"), whole.join("\n").replace('…', "x")).unwrap();
    let mut command = failspec(folder.path());
    command.env("STAGING_EDITOR_TOKEN", "editor-token").env("STAGING_ADMIN_TOKEN", "admin-token");
    command.args(["check-target", "kubeglass", "--config", "whole.toml", "--target", "staging"]);
    let checked = done(&mut command);
    assert!([0, 3].contains(&checked.code), "{}", checked.all());
    // A second target is added; the existing text is unchanged.
    here(folder.path(), &["init", "--target", "local", "--pack", "k0rdent"]).exits(0);
    let both = fs::read_to_string(&config).unwrap();
    assert!(both.starts_with(&text) && both.contains("[target.local]"), "{both}");
    here(folder.path(), &["init", "--target", "local", "--pack", "k0rdent"])
        .exits(2)
        .says("nothing was written");
    assert_eq!(fs::read_to_string(&config).unwrap(), both);
}

#[test]
fn init_target_adds_to_every_form_of_a_target_file() {
    let added = |before: &str| {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("failspec.toml");
        fs::write(&config, before).unwrap();
        let done = here(folder.path(), &["init", "--target", "staging", "--pack", "kubeadapt"]);
        (done, fs::read_to_string(config).unwrap() != before)
    };
    // A target has the name already, however it is written.
    for before in [
        "[target.staging]\nurl = \"http://h\"\n",
        "[target.\"staging\"]\nurl = \"http://h\"\n",
        "[ target . staging ]\nurl = \"http://h\"\n",
        "[target.staging.roles]\n",
        "target.staging.url = \"http://h\"\n",
        "target = { staging = { url = \"http://h\" } }\n",
    ] {
        let (done, changed) = added(before);
        done.exits(2).says("has a target staging already");
        assert!(!changed, "{before}");
    }
    // What only looks like it is none.
    for before in [
        "[target.other]\nurl = \"http://h\"\n# [target.staging]\n",
        "[target.other]\nurl = \"http://h\"\nvariables.text = \"\"\"\n[target.staging]\n\"\"\"",
        "",
    ] {
        let (done, changed) = added(before);
        done.exits(0);
        assert!(changed, "{before}");
    }
    // The file would not be readable with it, or is not readable without it.
    for (before, said) in [
        ("target = { other = { url = \"http://h\" } }\n", "[target.NAME] tables"),
        ("[target.other\n", "not well-formed TOML"),
    ] {
        let (done, changed) = added(before);
        done.exits(2).says(said);
        assert!(!changed, "{before}");
    }
}

/// Names that YAML takes for something else are quoted.
#[test]
fn every_valid_name_can_be_that_of_a_pack() {
    for name in ["no", "null", "2026", "1e3", "007", "0x1f", "y"] {
        let folder = tempfile::tempdir().unwrap();
        here(folder.path(), &["init", name]).exits(0);
        here(folder.path(), &["lint", name, "--packs", "."]).exits(0);
        let folder = tempfile::tempdir().unwrap();
        here(folder.path(), &["init", name, "--from", "kubeadapt"]).exits(0);
        here(folder.path(), &["lint", name, "--packs", "."]).exits(0);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("errors.md"), "# 404 Not Found\n\nNothing there.\n").unwrap();
        here(folder.path(), &["import", "docs", "errors.md", "--name", name]).exits(0);
        here(folder.path(), &["list", name, "--packs", "."]).exits(0).says("request_an_absent_path");
    }
}

#[test]
fn scenario_new_quotes_what_yaml_would_change() {
    for (name, triggers, more) in [
        ("a: b", "no", "-d a"),
        ("x\n  evil: {}", "yes/1", "-H 'X: a #b: c'"),
        ("- a", "null", "--json '{\"no\":[\"${x}\",\"1.0\",null]}'"),
        ("{", "\"", "-H 'no: 2026-01-01' -H 'no: \u{2028}'"),
    ] {
        let line = format!("curl 'http://h/v1/{{id}}/$%7Bx%7D?no=1&no=#x' {more}");
        let (named, triggered) = (format!("--name={name}"), format!("--triggers={triggers}"));
        let done = run(&["scenario", "new", "--from-curl", &line, &named, &triggered]);
        let text = format!("contract: things\nscenarios:\n{}", done.exits(0).stdout);
        let file = ScenarioFileSource::parse(&Source::new("new.yaml", text.as_str()))
            .unwrap_or_else(|mistakes| panic!("{}\n{text}", mistakes.render(false)));
        let [(read, scenario)] = file.scenarios.as_slice() else { panic!("{text}") };
        assert_eq!(read, name);
        assert_eq!(scenario.triggers, Some(TriggerSource::parse(triggers)));
        assert!(scenario.control.is_some(), "{text}");
    }
}

#[test]
fn scenario_new_uses_the_contract_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    here(folder.path(), &["init", "notes", "--style", "plain"]).exits(0);
    let line = "curl 'http://h/api/v1/things/7' -H 'sec-fetch-mode: cors' -H 'user-agent: x' -H 'x-own: 1'";
    here(folder.path(), &["scenario", "new", "--from-curl", line])
        .exits(0)
        .says("request: GET /things/7")
        .says("/api/v1 of the path is left out")
        .says("the headers of the browser are left out: sec-fetch-mode, user-agent")
        .says("headers: { x-own: \"1\" }")
        .says("--triggers takes each failure of notes: ");
    here(folder.path(), &["scenario", "new", "--from-curl", line, "--triggers", "not_fond"])
        .exits(2)
        .says("the contract of notes has no failure `not_fond`");
    // A command that names no pack says which it took.
    fs::remove_file(folder.path().join("failspec.toml")).unwrap();
    here(folder.path(), &["lint"]).exits(0).says("For those of this folder (notes), add --packs .");
}

#[test]
fn scenario_new_converts_a_curl_command_line() {
    let line = "curl 'http://h/v1/things?tag=a%20b&tag=c' -H 'Authorization: Bearer hunter2-hunter2' \
                -H 'Content-Type: application/json' -H 'X-Trace: 7' -d '{\"name\":\"${x}\"}' --location";
    let new = run(&["scenario", "new", "--from-curl", line, "--name", "make", "--triggers", "not_found"])
        .exits(0)
        .says("--location has no equivalent")
        .never_says("hunter2");
    let folder = tempfile::tempdir().unwrap();
    here(folder.path(), &["init", "notes"]).exits(0);
    let contract = folder.path().join("schemas/notes/contract.yaml");
    let text = fs::read_to_string(&contract).unwrap();
    fs::write(
        &contract,
        text.replace("failures:", "requires: { roles: { role: may make things } }\nfailures:"),
    )
    .unwrap();
    let scenarios = folder.path().join("scenarios/notes/notes.yaml");
    let text = fs::read_to_string(&scenarios).unwrap() + &new.stdout.replace("/…", "/v1/others");
    fs::write(&scenarios, text).unwrap();
    here(folder.path(), &["lint", "notes", "--packs", "."]).exits(0);
    let server = Server::start(|request| match request.line().as_str() {
        "GET /" => Reply::html(200, "hello"),
        line if line.starts_with("POST /v1/others?") => Reply::json(201, "{}"),
        _ => Reply::html(404, "nothing here"),
    });
    let mut command = failspec(folder.path());
    command.env("TOKEN", "token-of-a-role").args(["run", "notes", "--packs", ".", "--url", &server.url]);
    done(command.args(["--role", "role=bearer:env:TOKEN"])).exits(0);
    let sent = server
        .received()
        .into_iter()
        .find(|request| request.line().starts_with("POST /v1/things"))
        .expect("it was sent");
    assert_eq!(sent.line(), "POST /v1/things?tag=a%20b&tag=c");
    assert_eq!(sent.header("x-trace"), Some("7"));
    assert!(String::from_utf8_lossy(&sent.body).contains("${x}"));
    for (line, reason) in [
        ("curl 'http://h", "never closed"),
        ("fifo", "`fifo` is not a curl command line"),
        ("curl http://h -d @body.json", "reads the file body.json"),
        ("curl http://h -F a=b", "multipart/form-data"),
        ("curl ^\"http://h^\"", "as cURL (bash)"),
    ] {
        run(&["scenario", "new", "--from-curl", line]).exits(2).says(reason);
    }
}
