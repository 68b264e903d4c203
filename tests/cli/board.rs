//! The board of a programme: three products, two of them wrong in different ways and one without an optional part.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::{
    features::{CONTRACT, SCENARIOS, error, notes, without_snapshots},
    golden::normalize::normalize,
    support::{Done, Reply, Server, done, failspec, pack_with},
};

/// Certifies a product; the certificate is `name.json`.
fn certify(folder: &Path, server: &Server, name: &str, product: &str, version: &str) {
    let config = format!("default_target = \"t\"\n[target.t]\nurl = \"{}\"\n", server.url);
    fs::write(folder.join("failspec.toml"), config).unwrap();
    let all = ["certify", "tiny", "--packs", ".", "--key", "me.key", "--allow-loopback"];
    let product = ["--product", product, "--product-version", version, "--out", &format!("{name}.json")];
    let said = done(failspec(folder).args(all).args(product));
    assert!([0, 1].contains(&said.code), "{}", said.all());
}

/// Creates a programme that trusts the key of the folder, and certificates of three products.
fn programme() -> tempfile::TempDir {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let path = folder.path();
    done(failspec(path).args(["keygen", "--out", "me.key"])).exits(0);
    let listed = done(failspec(path).args(["certify", "tiny", "--packs", ".", "--list"])).exits(0);
    let digest = listed.stdout.split_whitespace().nth(1).unwrap();
    let text = format!(
        "name = \"Notes & more\"\nprofiles = [\"core\"]\n[[packs]]\nname = \"tiny\"\ndigests = [\"{digest}\"]\n\
         [[keys]]\nname = \"Acme\"\npublic_key = \"me.key.pub\"\n"
    );
    fs::write(path.join("p.toml"), text).unwrap();
    // A wrong code, which the version before had right.
    certify(path, &notes(|_| None), "atlas-1", "Atlas", "1.0");
    let wrong_code = |line: &str| (line == "GET /notes/?").then(|| error(400, "malformed"));
    certify(path, &notes(wrong_code), "atlas-2", "Atlas", "1.1");
    // What does not exist is empty.
    let empty = |line: &str| (line == "GET /notes/absent").then(|| Reply::json(200, "{}"));
    certify(path, &notes(empty), "basalt", "Basalt", "3");
    certify(path, &notes(without_snapshots), "cirrus", "Cirrus Lite", "0.9");
    folder
}

fn board(folder: &Path, more: &[&str]) -> Done {
    let all = ["board", "--programme", "p.toml", "--packs", "."];
    done(failspec(folder).args(all).args(more))
}

const CERTIFICATES: [&str; 4] = ["atlas-1.json", "atlas-2.json", "basalt.json", "cirrus.json"];

/// Reads all files of a folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(file, text)| (format!("{name}/{file}"), text)));
        } else {
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_board_shows_products_and_failures_and_is_the_same_each_time() {
    let folder = programme();
    let path = folder.path();
    let said = board(path, &[&["--out", "site"], &CERTIFICATES[..]].concat());
    said.exits(0)
        .says("Atlas                not passed · 2 certificates")
        .says("Cirrus Lite          certified");
    let site = files(&path.join("site"));
    let names: Vec<&str> = site.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "badges/cirrus-lite.json",
            "badges/cirrus-lite.svg",
            "board.json",
            "certificates/atlas-1.json",
            "certificates/atlas-2.json",
            "certificates/basalt-1.json",
            "certificates/cirrus-lite-1.json",
            "index.html",
            "products/atlas.html",
            "products/basalt.html",
            "products/cirrus-lite.html",
        ]
    );
    let json: Value = serde_json::from_str(&site["board.json"]).unwrap();
    let listed: Vec<&str> = json["files"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(listed, names);
    // The same from the same certificates, in another order and with their reports named, as a glob names them.
    let glob = [
        "--out",
        "again",
        "cirrus.report.json",
        "cirrus.json",
        "basalt.json",
        "atlas-2.json",
        "atlas-1.json",
    ];
    board(path, &glob).exits(0);
    assert_eq!(files(&path.join("again")), site);
    for (name, page) in site.iter().filter(|(name, _)| name.ends_with(".html")) {
        assert!(!page.contains("<script") && page.contains("Content-Security-Policy"), "{name}");
        for (at, _) in page.match_indices("href=\"").filter(|(at, _)| !page[at + 6..].starts_with('#')) {
            let link = &page[at + 6..][..page[at + 6..].find('"').unwrap()];
            let target = Path::new("site").join(name).parent().unwrap().join(link);
            assert!(path.join(&target).exists(), "{name} links to {link}");
        }
    }
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let day = json["as_of"].as_str().unwrap();
    let main = |name: &str| {
        // A certificate is valid for a year.
        let page = site[name].replace(day, "DAY").replace(&next_year(day), "NEXT YEAR");
        normalize(&page[page.find("<header").unwrap()..], path)
    };
    let pages = format!(
        "--- index.html\n{}\n--- products/atlas.html\n{}",
        main("index.html"),
        main("products/atlas.html")
    );
    settings.bind(|| insta::assert_snapshot!("board", pages));
}

/// Returns the day until which a certificate of this day is valid.
fn next_year(day: &str) -> String {
    let day: jiff::civil::Date = day.parse().unwrap();
    day.saturating_add(jiff::Span::new().days(365)).to_string()
}

#[test]
fn only_verified_certificates_stand_on_a_board() {
    let folder = programme();
    let path = folder.path();
    // Another report, an unknown key, and a certificate of the future.
    let report = fs::read_to_string(path.join("basalt.report.json")).unwrap();
    fs::write(path.join("basalt.report.json"), report.replace("\"failed\": 1", "\"failed\": 0")).unwrap();
    let said = board(path, &[&["--out", "site"], &CERTIFICATES[..]].concat());
    said.exits(1).says("basalt.json is left out: the report is not the one of the certificate");
    assert!(!files(&path.join("site")).contains_key("products/basalt.html"));
    let before = ["--out", "before", "--as-of", "2026-01-01", "cirrus.json"];
    board(path, &before).exits(2).says("it was issued after 2026-01-01").says("there is nothing to show");
    assert!(!path.join("before").exists());
    // What has expired is history, and has no badge.
    let later = ["--out", "later", "--as-of", "2031-01-01", "cirrus.json"];
    board(path, &later).exits(0).says("outdated: it expired on");
    assert!(!path.join("later/badges").exists());
    done(failspec(path).args(["keygen", "--out", "other.key"])).exits(0);
    let programme = fs::read_to_string(path.join("p.toml")).unwrap();
    fs::write(path.join("p.toml"), programme.replace("me.key.pub", "other.key.pub")).unwrap();
    board(path, &["--out", "none", "cirrus.json"]).exits(2).says("Notes & more does not trust its key");
}

#[test]
fn a_board_replaces_only_a_board() {
    let folder = programme();
    let path = folder.path();
    fs::create_dir(path.join("own")).unwrap();
    fs::write(path.join("own/notes.txt"), "mine").unwrap();
    board(path, &["--out", "own", "cirrus.json"]).exits(2).says("own has other contents than a board");
    board(path, &["--out", "site", "basalt.json"]).exits(0);
    // A list that somebody changed removes nothing else.
    let contents = path.join("site/board.json");
    let text = fs::read_to_string(&contents).unwrap();
    fs::write(
        &contents,
        text.replace(
            "\"index.html\",",
            "\"index.html\", \"../own/notes.txt\", \"badges/../../own/notes.txt\",",
        ),
    )
    .unwrap();
    board(path, &["--out", "site", "cirrus.json"]).exits(0);
    assert!(path.join("own/notes.txt").exists());
    let site = files(&path.join("site"));
    assert!(site.contains_key("products/cirrus-lite.html") && !site.contains_key("products/basalt.html"));
}

#[test]
fn older_certificates_are_verified_against_the_pack_of_their_time() {
    let folder = programme();
    let path = folder.path();
    for part in ["schemas", "scenarios"] {
        let from = path.join(part).join("tiny");
        let to = path.join("old").join(part).join("tiny");
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    let contract = path.join("schemas/tiny/contract.yaml");
    let text = fs::read_to_string(&contract).unwrap();
    fs::write(&contract, text.replace("It is not there", "It is not there any more")).unwrap();
    board(path, &["--out", "site", "cirrus.json"]).exits(2).says("cirrus.json is left out");
    board(path, &["--out", "site", "cirrus.json", "--older-packs", "old"]).exits(0).says("certified");
}

/// `UPDATE_PICTURES=1` writes the picture in the documentation, which shows this board.
#[test]
#[ignore = "needs chromium"]
fn browser_shows_the_board_without_an_error() {
    let folder = programme();
    let path = folder.path();
    board(path, &[&["--out", "site"], &CERTIFICATES[..]].concat()).exits(0);
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let chromium = |arguments: &[&str]| {
        let started = names.iter().find_map(|name| {
            let mut command = std::process::Command::new(name);
            // Without a sandbox, because CI runs as root; the page is from this test.
            command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]);
            command.args([
                "--enable-logging=stderr",
                &format!("--user-data-dir={}", path.join("profile").display()),
            ]);
            command.args(arguments).output().ok()
        });
        String::from_utf8_lossy(&started.expect("chromium starts").stderr).into_owned()
    };
    for (name, size) in [("index.html", "1280,860"), ("products/atlas.html", "390,900")] {
        let picture = path.join("picture.png");
        let page = format!("file://{}", path.join("site").join(name).display());
        let log = chromium(&[
            &format!("--window-size={size}"),
            &format!("--screenshot={}", picture.display()),
            &page,
        ]);
        let errors: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
        assert!(errors.is_empty() && picture.exists(), "{name}: {errors:?}");
        if name == "index.html" && std::env::var_os("UPDATE_PICTURES").is_some() {
            let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/board.png");
            fs::copy(&picture, docs).unwrap();
        }
        if let Some(keep) = std::env::var_os("KEEP_PICTURES") {
            fs::copy(&picture, Path::new(&keep).join(name.replace(['/', '.'], "-") + ".png")).unwrap();
        }
    }
}
