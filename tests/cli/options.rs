//! Options and files that would be read and not obeyed are errors, and nothing is sent; what may belong elsewhere is
//! said.

use std::{fs, path::Path};

use crate::support::{
    Done, Server, TINY_CONTRACT, TINY_SCENARIOS, done, failspec, pack_with, tiny_pack, tiny_server,
    write_pack,
};

/// Runs the pack in a folder on a server with further options.
fn run(folder: &Path, server: &Server, more: &[&str]) -> Done {
    let mut command = failspec(folder);
    command.args(["run", "--packs", ".", "--url", &server.url]);
    done(command.env("TOKEN", "right-right").args(more))
}

#[test]
fn snapshots_need_a_folder_to_be_checked_or_updated() {
    let (folder, server) = (tiny_pack(), tiny_server());
    for mode in ["check", "update"] {
        run(folder.path(), &server, &["--snapshots", mode])
            .exits(2)
            .says(&format!("--snapshots {mode}: the target"))
            .says("no folder of approved responses");
    }
    assert_eq!(server.lines(), [""; 0], "nothing was sent");
    run(folder.path(), &server, &["--snapshots", "off"]).exits(0);
    run(folder.path(), &server, &["--snapshots", "report"]).exits(0);
    run(folder.path(), &server, &[]).exits(0);
    let config = format!("[target.own]\nurl = \"{}\"\nsnapshots = \"snapshots\"\n", server.url);
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    let with_folder = |mode| {
        done(failspec(folder.path()).args(["run", "--packs", ".", "--target", "own", "--snapshots", mode]))
    };
    with_folder("check").exits(1);
    with_folder("update").exits(0);
    with_folder("check").exits(0);
}

#[test]
fn variable_in_a_path_must_not_be_empty() {
    let (folder, server) = (tiny_pack(), tiny_server());
    let about = "the variable `thing` of the pack tiny is empty, but it is a part of GET /things/${thing}";
    run(folder.path(), &server, &["--var", "thing="]).exits(2).says(about).says("--var thing=VALUE");
    let check = ["check-target", "tiny", "--packs", ".", "--url", &server.url, "--var", "thing="];
    done(failspec(folder.path()).args(check)).exits(2).says(about);
    assert_eq!(server.lines(), [""; 0], "nothing was sent");
    run(folder.path(), &server, &["--var", "thing=one"]).exits(0);

    // A default is no better, and a named parameter is a part of the path too.
    let scenarios = TINY_SCENARIOS.replace("${thing}", "{thing}");
    let folder = pack_with(&TINY_CONTRACT.replace("default: one", "default: ''"), &scenarios);
    run(folder.path(), &server, &[]).exits(2).says("GET /things/{thing}");
    run(folder.path(), &server, &["--var", "thing=one"]).exits(0);

    // An empty value is a value anywhere else.
    let scenarios =
        TINY_SCENARIOS.replace("GET /things/${thing}\"", "GET /things/one\", headers: { X-Q: '${thing}' }");
    let folder = pack_with(TINY_CONTRACT, &scenarios);
    run(folder.path(), &server, &["--var", "thing="]).exits(0);
}

#[test]
fn option_that_is_given_twice_for_a_name_is_an_error() {
    let (folder, server) = (tiny_pack(), tiny_server());
    run(folder.path(), &server, &["--role", "user=bearer:env:TOKEN", "--role", "user=bearer:env:TOKEN"])
        .exits(2)
        .says("--role gives `user` twice");
    run(folder.path(), &server, &["--var", "thing=one", "--var", "thing=two"])
        .exits(2)
        .says("--var gives `thing` twice");
    assert_eq!(server.lines(), [""; 0], "nothing was sent");
}

#[test]
fn name_of_a_pack_or_a_case_selects_nothing_else() {
    let (folder, server) = (tiny_pack(), tiny_server());
    let other = |name: &str| {
        let contract = TINY_CONTRACT.replace("contract: tiny", &format!("contract: {name}"));
        write_pack(
            folder.path(),
            name,
            &contract,
            &TINY_SCENARIOS.replace("contract: tiny", &format!("contract: {name}")),
        );
    };
    other("tiny_admin");
    other("ti");
    for name in ["tiny", "tiny_admin", "ti"] {
        run(folder.path(), &server, &[name]).exits(0).says("1 passed").says(&format!("failspec {name} "));
    }
    // A beginning that is no name selects all that begin so.
    run(folder.path(), &server, &["tin"]).exits(2).says("several packs: tiny, tiny_admin");

    let scenario = TINY_SCENARIOS.split_once("scenarios:\n").unwrap().1;
    let scenarios = format!(
        "{TINY_SCENARIOS}{}{}",
        scenario.replace("read_a_missing_thing:", "read_a_missing_thing_again:"),
        scenario
            .replace("read_a_missing_thing:", "read_rows:")
            .replace("    request", "    each: { one: {}, two: {} }\n    request")
    );
    let folder = pack_with(TINY_CONTRACT, &scenarios);
    for (selector, count) in [
        ("tiny::not_found::read_a_missing_thing", 1),
        ("tiny::not_found::read_a_missing_thing_again", 1),
        ("tiny::not_found::read_a_missing", 2),
        ("tiny::not_found::read_rows", 2),
        ("tiny::not_found::read_rows::one", 1),
        ("tiny::not_found", 4),
        ("tiny::not", 4),
    ] {
        run(folder.path(), &server, &[selector]).exits(0).says(&format!("{count} passed"));
    }
}

#[test]
fn url_for_a_pack_that_is_not_there_is_said() {
    let (folder, server) = (tiny_pack(), tiny_server());
    let config = |urls: &str| {
        let text = format!(
            "default_target = \"own\"\n[target.own]\nurl = \"{0}\"\nurls = {{ {urls} = \"{0}\" }}\n",
            server.url
        );
        fs::write(folder.path().join("failspec.toml"), text).unwrap();
        done(failspec(folder.path()).args(["run", "--packs", "."])).exits(0)
    };
    config("tinny")
        .says("there is no pack `tinny`, for which the target own has a URL; did you mean `tiny`?");
    config("tiny").never_says("there is no pack");
}

#[test]
fn file_that_looks_like_a_scenario_and_is_not_read_is_said() {
    let (folder, server) = (tiny_pack(), tiny_server());
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    // Notes, and another ending that YAML has.
    write("scenarios/tiny/README.md", "about");
    write("scenarios/tiny/.hidden.swp", "");
    write("scenarios/tiny/more.yml", &TINY_SCENARIOS.replace("read_a", "read_another"));
    let quiet = run(folder.path(), &server, &[]).exits(0).says("2 passed");
    assert!(!quiet.all().contains("is not read"), "{}", quiet.all());
    for path in
        ["scenarios/tiny/more.yaml.bak", "scenarios/tiny/more.json", "schemas/tiny/contract@2026-03.yml"]
    {
        write(path, "{}");
        let notice = format!("{path} is not read");
        run(folder.path(), &server, &[]).exits(0).says(&notice);
        done(failspec(folder.path()).args(["lint", "--packs", "."])).says(&notice).says("`.yaml` or `.yml`");
        fs::remove_file(folder.path().join(path)).unwrap();
    }
}
