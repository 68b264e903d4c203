//! Each preset of `failspec init --style` conforms to a server that was written by hand from the specification of its
//! style, passes what clients must tolerate, and catches five wrong servers.

mod right;

use std::path::Path;

use serde_json::json;

use crate::support::{Background, Done, Received, Reply, Server, done, failspec};

type Respond = fn(&Received) -> Reply;
type Change = fn(&Received, Reply) -> Reply;

/// A server that differs from the right one, and the check that reports it; none for a change that clients tolerate.
type Changed = (&'static str, Change, Option<&'static str>);

struct Preset {
    style: &'static str,
    right: Respond,
    changed: &'static [Changed],
}

/// Applies a change to errors alone.
fn error(reply: Reply, change: impl FnOnce(Reply) -> Reply) -> Reply {
    if reply.status >= 400 { change(reply) } else { reply }
}

fn page(_: &Received, reply: Reply) -> Reply {
    error(reply, |reply| Reply::html(reply.status, "<h1>It did not work</h1>"))
}

fn accepts(_: &Received, reply: Reply) -> Reply {
    error(reply, |_| Reply::json(200, json!({"data": {}, "access_token": "t", "token_type": "bearer"})))
}

fn crashes(_: &Received, reply: Reply) -> Reply {
    error(reply, |reply| reply.status(500))
}

fn without_charset_or_case(_: &Received, reply: Reply) -> Reply {
    let kind = reply.headers.iter().find(|(name, _)| name == "Content-Type").map(|(_, kind)| kind.clone());
    let kind = format!("{}; charset=UTF-8", kind.unwrap_or_default());
    reply.with("Content-Type", &kind)
}

const PRESETS: [Preset; 8] = [
    Preset {
        style: "problem-json",
        right: right::problem_json,
        changed: &[
            ("page", page, Some("media-type")),
            ("accepted", accepts, Some("not-rejected")),
            (
                "plain JSON",
                |_, r| error(r, |r| r.with("Content-Type", "application/json")),
                Some("media-type"),
            ),
            (
                "other status in the body",
                |_, r| error(r, |r| r.set("status", json!(200))),
                Some("problem-details"),
            ),
            (
                "type of another problem",
                |_, r| error(r, |r| r.set("type", json!("/problems/other"))),
                Some("code"),
            ),
            ("title is a number", |_, r| error(r, |r| r.set("title", json!(1))), Some("envelope")),
            ("explicit about:blank", |_, r| error(r, |r| r.set("type", json!("about:blank"))), None),
            ("extension", |_, r| error(r, |r| r.set("balance", json!(30))), None),
            ("charset", without_charset_or_case, None),
        ],
    },
    Preset {
        style: "json-api",
        right: right::json_api,
        changed: &[
            ("crash", crashes, Some("status")),
            ("accepted", accepts, Some("not-rejected")),
            ("data beside errors", |_, r| error(r, |r| r.set("data", json!(null))), Some("envelope")),
            (
                "status is a number",
                |_, r| error(r, |r| r.edit(|b| b["errors"][0]["status"] = json!(404))),
                Some("envelope"),
            ),
            ("no errors", |_, r| error(r, |r| r.set("errors", json!([]))), Some("envelope")),
            ("empty error", |_, r| error(r, |r| r.set("errors", json!([{}]))), Some("envelope")),
            ("no body", |_, r| error(r, |r| r.body("").with("Content-Type", "")), None),
            ("meta", |_, r| error(r, |r| r.set("meta", json!({"took": 3}))), None),
            (
                "several errors",
                |_, r| {
                    error(r, |r| {
                        r.edit(|b| b["errors"].as_array_mut().unwrap().push(json!({"title": "More"})))
                    })
                },
                None,
            ),
        ],
    },
    Preset {
        style: "google",
        right: right::google,
        changed: &[
            ("page", page, Some("media-type")),
            ("accepted", accepts, Some("not-rejected")),
            (
                "other HTTP status in the body",
                |_, r| error(r, |r| r.edit(|b| b["error"]["code"] = json!(200))),
                Some("body-status"),
            ),
            (
                "number of gRPC as status",
                |_, r| error(r, |r| r.edit(|b| b["error"]["status"] = json!(5))),
                Some("code"),
            ),
            (
                "no message",
                |_, r| error(r, |r| r.edit(|b| drop(b["error"].as_object_mut().unwrap().remove("message")))),
                Some("message"),
            ),
            (
                "no ErrorInfo",
                |_, r| error(r, |r| r.edit(|b| b["error"]["details"] = json!([]))),
                Some("envelope"),
            ),
            (
                "another text",
                |_, r| error(r, |r| r.edit(|b| b["error"]["message"] = json!("Nicht gefunden"))),
                None,
            ),
            (
                "more details",
                |_, r| {
                    error(r, |r| {
                        r.edit(|b| {
                            b["error"]["details"]
                                .as_array_mut()
                                .unwrap()
                                .push(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo"}))
                        })
                    })
                },
                None,
            ),
        ],
    },
    Preset {
        style: "oauth2",
        right: right::oauth2,
        changed: &[
            ("page", page, Some("media-type")),
            ("accepted", accepts, Some("not-rejected")),
            (
                "400 for a wrong secret",
                |_, r| if r.status == 401 { r.status(400) } else { r },
                Some("status"),
            ),
            ("401 without a challenge", |_, r| error(r, |r| r.with("WWW-Authenticate", "")), Some("headers")),
            (
                "token may be stored",
                |_, r| if r.status == 200 { r.with("Cache-Control", "max-age=60") } else { r },
                Some("success"),
            ),
            (
                "line break in the description",
                |_, r| error(r, |r| r.set("error_description", json!("no\nno"))),
                Some("envelope"),
            ),
            (
                "error is an object",
                |_, r| error(r, |r| r.set("error", json!({"code": "invalid_request"}))),
                Some("code"),
            ),
            ("no description", |_, r| error(r, |r| r.unset("error_description")), None),
            (
                "private beside no-store",
                |_, r| if r.status == 200 { r.with("Cache-Control", "private, No-Store") } else { r },
                None,
            ),
        ],
    },
    Preset {
        style: "fastapi",
        right: right::fastapi,
        changed: &[
            ("page", page, Some("media-type")),
            ("accepted", accepts, Some("not-rejected")),
            (
                "400 for a validation error",
                |_, r| if r.status == 422 { r.status(400) } else { r },
                Some("status"),
            ),
            ("detail is a text", |_, r| error(r, |r| r.set("detail", json!("no"))), Some("match")),
            (
                "another parameter is named",
                |_, r| {
                    if r.status == 422 {
                        r.edit(|b| b["detail"][0]["loc"] = json!(["query", "offset"]))
                    } else {
                        r
                    }
                },
                Some("names-fault"),
            ),
            ("crash", crashes, Some("status")),
            (
                "context",
                |_, r| {
                    if r.status == 422 { r.edit(|b| b["detail"][0]["ctx"] = json!({"error": {}})) } else { r }
                },
                None,
            ),
            (
                "another message",
                |_, r| if r.status == 404 { r.set("detail", json!("No such thing")) } else { r },
                None,
            ),
        ],
    },
    Preset {
        style: "kubernetes",
        right: right::kubernetes,
        changed: &[
            ("page", page, Some("media-type")),
            ("accepted", accepts, Some("not-rejected")),
            (
                "reason of another failure",
                |_, r| error(r, |r| r.set("reason", json!("Conflict"))),
                Some("code"),
            ),
            ("other code", |_, r| error(r, |r| r.set("code", json!(0))), Some("body-status")),
            ("status Success", |_, r| error(r, |r| r.set("status", json!("Success"))), Some("envelope")),
            (
                "another field is named",
                |_, r| {
                    if r.status == 422 {
                        r.edit(|b| b["details"]["causes"][0]["field"] = json!("data"))
                    } else {
                        r
                    }
                },
                Some("names-fault"),
            ),
            ("no metadata", |_, r| error(r, |r| r.unset("metadata")), None),
        ],
    },
    Preset {
        style: "graphql",
        right: right::graphql,
        changed: &[
            ("page", page, Some("media-type")),
            ("accepted", accepts, Some("not-rejected")),
            (
                "legacy media type",
                |_, r| error(r, |r| r.with("Content-Type", "application/json")),
                Some("media-type"),
            ),
            ("200 with errors", |_, r| r.status(200), Some("status")),
            ("data is null", |_, r| error(r, |r| r.set("data", json!(null))), Some("envelope")),
            ("error is a text", |_, r| error(r, |r| r.set("errors", json!(["no"]))), Some("message")),
            (
                "line 0",
                |_, r| {
                    error(r, |r| r.edit(|b| b["errors"][0]["locations"] = json!([{"line": 0, "column": 1}])))
                },
                Some("envelope"),
            ),
            (
                "extensions",
                |_, r| error(r, |r| r.edit(|b| b["errors"][0]["extensions"] = json!({"code": "X"}))),
                None,
            ),
        ],
    },
    Preset {
        style: "plain",
        right: right::plain,
        changed: &[
            ("page", page, Some("media-type")),
            ("accepted", accepts, Some("not-rejected")),
            ("JSON", |_, r| error(r, |r| Reply::json(r.status, json!({"error": "no"}))), Some("media-type")),
            ("crash", crashes, Some("status")),
            ("400 for both", |_, r| error(r, |r| r.status(400)), Some("status")),
            ("another text", |_, r| error(r, |r| r.body("nope\n")), None),
            ("charset", without_charset_or_case, None),
        ],
    },
];

fn run(folder: &Path, style: &str, respond: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Done {
    let server = Server::start(respond);
    let mut command = failspec(folder);
    command.args(["run", style, "--packs", ".", "--url", &server.url, "--deny", "warnings"]);
    if style == "oauth2" {
        command.args(["--role", "client=basic:env:CLIENT"]).env("CLIENT", "client:secret");
    }
    done(&mut command)
}

#[test]
fn presets_conform_to_right_servers_and_catch_wrong_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut mistakes = Vec::new();
    for Preset { style, right, changed } in PRESETS {
        done(failspec(folder.path()).args(["init", style, "--style", style])).exits(0);
        done(failspec(folder.path()).args(["lint", style, "--packs", "."]))
            .exits(0)
            .says("0 errors, 0 warnings");
        run(folder.path(), style, right).exits(0).says("conforms");
        let wrong = changed.iter().filter(|(.., check)| check.is_some()).count();
        assert!(wrong >= 5, "{style} has {wrong} wrong servers");
        for (name, change, check) in changed {
            let change = *change;
            let done = run(folder.path(), style, move |request| change(request, right(request)));
            let all = format!("{style}, {name}:\n{}", done.all());
            let is_right = match check {
                Some(check) => done.code == 1 && all.contains(&format!("[{check}]")),
                None => done.code == 0,
            };
            if !is_right {
                mistakes.push(format!("expected {check:?}, exit {}, of {all}", done.code));
            }
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n\n"));
}

#[test]
fn imports_say_the_style_and_add_what_its_specification_promises() {
    let folder = tempfile::tempdir().unwrap();
    let page = "# Errors\n\n| Error | HTTP Code | Description |\n|---|---|---|\n| `NOT_FOUND` | 404 | There is no such thing |\n\n\
                All errors look like this:\n\n    { \"error\": { \"code\": 404, \"message\": \"no\", \"status\": \"NOT_FOUND\" } }\n";
    let document = json!({
        "openapi": "3.1.0", "info": { "title": "Things", "version": "1" },
        "components": { "schemas": {
            "Error": { "type": "object", "required": ["errors"], "properties": { "errors": {
                "type": "array", "items": { "$ref": "#/components/schemas/Item" } } } },
            "Item": { "type": "object", "required": ["message"], "properties": {
                "message": { "type": "string" }, "locations": { "type": "array" } } },
        } },
        "paths": { "/graphql": { "get": { "responses": {
            "200": { "description": "fine" },
            "400": { "description": "no", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } } },
            "500": { "description": "no", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } } },
        } } } },
    });
    let here = |path: &str| folder.path().join(path);
    std::fs::write(here("errors.md"), page).unwrap();
    std::fs::write(here("api.json"), document.to_string()).unwrap();
    let import = |arguments: &[&str]| done(failspec(folder.path()).arg("import").args(arguments)).exits(0);
    import(&["docs", "errors.md", "--name", "page"]).says("style google: google.rpc.Status (AIP-193)");
    let contract = std::fs::read_to_string(here("schemas/page/contract.yaml")).unwrap();
    assert!(
        contract.contains("status: /error/code   # not in the document: by https://google.aip.dev/193"),
        "{contract}"
    );
    import(&["openapi", "api.json", "--name", "document"]).says("style graphql: GraphQL over HTTP");
    let contract = std::fs::read_to_string(here("schemas/document/contract.yaml")).unwrap();
    assert!(contract.contains("message: \"/errors/*/message\"   # not in the document: by"), "{contract}");
    // Nothing is said of errors that are of no style.
    std::fs::write(here("own.md"), page.replace("\"status\"", "\"kind\"")).unwrap();
    import(&["docs", "own.md", "--name", "own"]).never_says("style ");
}

/// The folders of `examples/styles`, each with its one pack.
fn examples() -> Vec<(std::path::PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/styles");
    let names = |folder: &Path| -> Vec<std::path::PathBuf> {
        let mut all: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all
    };
    let pack = |folder: &Path| {
        let packs = names(&folder.join("schemas"));
        assert_eq!(packs.len(), 1, "{}", folder.display());
        packs[0].file_name().unwrap().to_string_lossy().into_owned()
    };
    names(&root).into_iter().map(|folder| (folder.clone(), pack(&folder))).collect()
}

#[test]
fn examples_of_styles_are_short_lint_clean_and_run_on_their_mock() {
    let here = tempfile::tempdir().unwrap();
    let all = examples();
    for Preset { style, .. } in PRESETS {
        assert!(all.iter().any(|(folder, _)| folder.ends_with(style)), "no example of {style}");
    }
    for (folder, pack) in all {
        let packs = folder.to_str().unwrap();
        for file in [format!("schemas/{pack}/contract.yaml"), format!("scenarios/{pack}/{pack}.yaml")] {
            let lines = std::fs::read_to_string(folder.join(&file)).unwrap().lines().count();
            assert!(lines < 25, "{packs}/{file} has {lines} lines");
        }
        done(failspec(here.path()).args(["lint", &pack, "--packs", packs]))
            .exits(0)
            .says("0 errors, 0 warnings");
        let target = format!("{pack}.toml");
        let mut mock = Background::start(failspec(here.path()).args([
            "mock",
            &pack,
            "--packs",
            packs,
            "--target-file",
            &target,
        ]));
        mock.first_line();
        done(
            failspec(here.path())
                .args(["run", &pack, "--packs", packs, "--config", &target, "--deny", "warnings"]),
        )
        .exits(0)
        .says("conforms");
    }
}

#[test]
#[ignore = "needs python3-fastapi"]
fn preset_and_example_conform_to_the_real_fastapi() {
    let here = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut server = Background::start(
        std::process::Command::new("python3").arg(root.join("tests/cli/styles/items_app.py")),
    );
    let url = server.first_line();
    done(failspec(here.path()).args(["init", "shop", "--style", "fastapi"])).exits(0);
    let run = |arguments: &[&str]| {
        let common = ["--deny", "warnings"];
        done(failspec(here.path()).arg("run").args(arguments).args(common)).exits(0).says("conforms")
    };
    run(&["shop", "--packs", ".", "--url", &url]);
    let example = root.join("examples/styles/fastapi");
    run(&["fastapi-tutorial", "--packs", example.to_str().unwrap(), "--url", &format!("{url}/tutorial")]);
}
