//! Certificates: which results can be certified, which are refused, and that any modification of a certificate is
//! detected.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use crate::support::{Done, Reply, Server, done, failspec, pack_with, tiny_failure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use failspec_base::secret::Secret;
use failspec_certificate::{Certificate, PAYLOAD_TYPE, SigningKey, Verification, VerifyOptions, pae};
use failspec_pack::pack::{Files, Pack};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const CONTRACT: &str = "\
contract: tiny
as_of: 2026-11-20
documentation: https://tiny.example.com/errors
success: { status: 2xx }
envelope: { media_type: application/json, code: /error, message: /message, request_id: /requestId }
requires: { conditions: { broken: things are broken } }
profiles:
  reading: { about: things can be read, required: [not_found] }
failures:
  - { id: not_found, status: 404, code: not_found, summary: There is no such thing }
  - { id: refused, status: 400, code: invalid, summary: It makes no sense }
  - { id: broken, status: 503, code: broken, summary: Nothing works, condition: broken }
errata:
  - { about: a gap }
";

pub const SCENARIOS: &str = "\
contract: tiny
scenarios:
  missing: { triggers: not_found, request: GET /things/none, control: { request: GET /things/one } }
  bad: { triggers: refused, request: GET /bad, control: { request: GET /things/one } }
  down: { triggers: broken, request: GET /things/one }
";

/// The API of the pack; `bad` is the code of its rejection of `/bad`.
pub fn api(bad: &'static str) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/things/one" => Reply::json(200, "{}").with("Server", "tiny/1.2"),
        "/bad" => tiny_failure(400, bad, request).with("Server", "tiny/1.2"),
        _ => tiny_failure(404, "not_found", request).with("Server", "tiny/1.2"),
    })
}

/// Creates a folder with the pack and a key.
pub fn folder() -> tempfile::TempDir {
    let folder = pack_with(CONTRACT, SCENARIOS);
    done(failspec(folder.path()).args(["keygen", "--out", "me.key"])).exits(0).never_says("BEGIN");
    folder
}

pub fn certify(folder: &Path, more: &[&str]) -> Done {
    let all = ["certify", "tiny", "--packs", ".", "--key", "me.key", "--out", "c.json"];
    done(failspec(folder).args(all).args(more))
}

pub fn verify(folder: &Path, more: &[&str]) -> Done {
    done(failspec(folder).args(["verify", "c.json", "--packs", "."]).args(more))
}

/// Creates a certificate of an API that passes; returns its folder.
pub fn certified() -> tempfile::TempDir {
    let (folder, server) = (folder(), api("invalid"));
    certify(folder.path(), &["--url", &server.url, "--allow-loopback", "--nonce", "4711"]).exits(0);
    folder
}

pub fn read(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap()
}

pub fn packs(folder: &Path) -> Vec<Arc<Pack>> {
    vec![Arc::new(Pack::load(&Files::Directory(folder.to_owned()), "tiny").unwrap())]
}

pub fn key(folder: &Path, name: &str) -> SigningKey {
    let text = String::from_utf8(read(folder, name)).unwrap();
    SigningKey::from_pem(&Secret::new(text, name)).unwrap()
}

/// Verifies a certificate with the library, trusting the key of the folder; `Err` if the bytes are not a certificate.
pub fn judged(folder: &Path, certificate: &[u8], report: &[u8]) -> Result<Verification, String> {
    let questions =
        VerifyOptions { public_key: Some(key(folder, "me.key").public()), ..VerifyOptions::default() };
    let certificate = Certificate::read(certificate).map_err(|error| error.to_string())?;
    Ok(certificate.verify(report, &packs(folder), &questions, Timestamp::now()))
}

/// Changes the payload of the certificate and signs it again with a key.
pub fn resigned(folder: &Path, with: &SigningKey, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let envelope: Value = serde_json::from_slice(&read(folder, "c.json")).unwrap();
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    let mut statement: Value = serde_json::from_slice(&payload).unwrap();
    change(&mut statement);
    sealed(&serde_json::to_vec(&statement).unwrap(), with)
}

pub fn sealed(payload: &[u8], with: &SigningKey) -> Vec<u8> {
    let signature = with.sign(&pae(PAYLOAD_TYPE, payload));
    let signatures = json!([{ "keyid": with.public().id(), "sig": STANDARD.encode(signature) }]);
    json!({ "payloadType": PAYLOAD_TYPE, "payload": STANDARD.encode(payload), "signatures": signatures })
        .to_string()
        .into_bytes()
}

#[test]
fn certify_passing_api_is_certified_and_verified() {
    let folder = certified();
    let ours = ["--public-key", "me.key.pub", "--nonce", "4711", "--max-age", "1d"];
    let screen = verify(folder.path(), &ours).exits(0);
    for text in [
        "2 of 2 requirements, PASSED",
        "tiny/1.2",
        "on the machine of the run",
        "no TLS",
        "4711",
        "not proven",
    ] {
        assert!(screen.all().contains(text), "{text}: {}", screen.all());
    }
    assert!(
        screen.all().contains("broken (skipped)") && screen.last_line() == "verified",
        "{}",
        screen.all()
    );
    assert!(screen.stdout.lines().count() < 40, "more than a screen:\n{}", screen.stdout);
    // Without an option that trusts the key, the key is not trusted.
    verify(folder.path(), &[]).exits(3).says("the key is not trusted");
    // The signed statement conforms to the published schema.
    let envelope: Value = serde_json::from_slice(&read(folder.path(), "c.json")).unwrap();
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    let schema = failspec::cli::schema(failspec::cli::SchemaFormat::Certificate);
    assert!(jsonschema::is_valid(&schema, &statement), "{statement:#}");
    let mut other = statement.clone();
    other["predicate"]["packs"][0]["requirements"][0]["outcome"] = json!("splendid");
    assert!(!jsonschema::is_valid(&schema, &other));
    assert_eq!(statement["predicate"]["packs"][0]["errata"][0]["about"], "a gap");
}

#[test]
fn certify_partial_result_is_published_but_does_not_pass() {
    // The full profile requires something that the target does not provide.
    let (folder, server) = (folder(), api("invalid"));
    let options = ["--url", &server.url, "--allow-loopback", "--profile", "full"];
    certify(folder.path(), &options)
        .exits(4)
        .says("not certified for full: 2 of 3 requirements")
        .says("not met: broken");
    verify(folder.path(), &["--public-key", "me.key.pub"])
        .exits(1)
        .says("required, and not met")
        .says("not passed");
    let badge = ["badge", "c.json", "--packs", ".", "--public-key", "me.key.pub", "--svg", "b.svg"];
    done(failspec(folder.path()).args(badge)).exits(1).says("no badge");
    assert!(!folder.path().join("b.svg").exists());
}

#[test]
fn certify_violation_fails_only_its_profile() {
    let server = api("not_this");
    for (profile, code) in [("core", 1), ("reading", 0)] {
        let folder = folder();
        let options = ["--url", &server.url, "--allow-loopback", "--profile", profile];
        certify(folder.path(), &options).exits(code);
        let screen = verify(folder.path(), &["--public-key", "me.key.pub"]).exits(code);
        assert!(screen.all().contains("refused (failed"), "{}", screen.all());
    }
    certify(folder().path(), &["--url", &server.url, "--profile", "writing"])
        .exits(2)
        .says("it has core, full, reading");
}

#[test]
fn certify_waived_violation_does_not_pass() {
    let (folder, server) = (folder(), api("not_this"));
    let waiver = "[[waivers]]\nscenario = \"tiny::refused::*\"\ncheck = \"code\"\nreason = \"known\"\nexpires = 2999-01-01\n";
    let text =
        format!("[target.t]\nurl = \"{}\"\n{}", server.url, waiver.replace("2999-01-01", "\"2999-01-01\""));
    fs::write(folder.path().join("failspec.toml"), text).unwrap();
    let done = certify(folder.path(), &["--target", "t", "--allow-loopback"]);
    assert!(done.all().contains("not certified for core: 1 of 2"), "{}", done.all());
    done.exits(4).says("waived: known");
    verify(folder.path(), &["--public-key", "me.key.pub"]).exits(1).says("waived: known");
}

#[test]
fn certify_refuses_meaningless_runs_and_sends_nothing() {
    let (folder, server) = (folder(), api("invalid"));
    let url = ["--url", &server.url];
    let with = |more: &[&'static str]| [url.as_slice(), more].concat();
    certify(folder.path(), &url).exits(2).says("--allow-loopback");
    certify(folder.path(), &["--reference"]).exits(2).says("says nothing about a real API");
    certify(folder.path(), &["--url", "http://api.example.com", "--allow-loopback"])
        .exits(2)
        .says("use https");
    certify(folder.path(), &with(&["--artifact-digest", "sha256:xyz"]))
        .exits(2)
        .says("is not a valid digest");
    certify(folder.path(), &with(&["--allow-loopback", "--valid-for", "long"])).exits(2).says("90d");
    certify(folder.path(), &with(&["--allow-loopback", "--key", "env:NO_SUCH_KEY"])).exits(2);
    let insecure = format!(
        "[target.t]\nurl = \"{}\"\ntls = {{ insecure = true }}\n",
        server.url.replace("http:", "https:")
    );
    fs::write(folder.path().join("failspec.toml"), insecure).unwrap();
    certify(folder.path(), &["--target", "t"]).exits(2).says("any server could respond");
    let part = ["certify", "tiny::not_found", "--packs", ".", "--key", "me.key", "--out", "c.json"];
    done(failspec(folder.path()).args(part).args(url)).exits(2).says("a part of a pack");
    // A pack in which a failure has no scenario.
    let untested = pack_with(
        CONTRACT,
        &SCENARIOS.replace(
            "  bad: { triggers: refused, request: GET /bad, control: { request: GET /things/one } }\n",
            "",
        ),
    );
    done(failspec(untested.path()).args(["keygen", "--out", "me.key"])).exits(0);
    certify(untested.path(), &with(&["--allow-loopback"])).exits(2).says("refused");
    assert!(!folder.path().join("c.json").exists());
    assert_eq!(server.connections(), 0, "{:?}", server.lines());
    // An existing certificate is not overwritten.
    certify(folder.path(), &with(&["--artifact-digest", DIGEST])).exits(0);
    certify(folder.path(), &with(&["--allow-loopback"])).exits(2).says("exists already");
    verify(folder.path(), &["--public-key", "me.key.pub"]).exits(0).says(DIGEST);
}

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn certificate_contains_the_key_of_the_server() {
    let server = api("invalid");
    let front = server.secure();
    let folder = folder();
    fs::write(folder.path().join("ca.pem"), &front.authority).unwrap();
    let text = format!("[target.t]\nurl = \"{}\"\ntls = {{ ca = \"ca.pem\" }}\n", front.url);
    fs::write(folder.path().join("failspec.toml"), text).unwrap();
    certify(folder.path(), &["--target", "t"]).exits(0);
    let certificate = Certificate::read(&read(folder.path(), "c.json")).unwrap();
    let target = &certificate.statement.predicate.packs[0].target;
    assert_eq!((target.public_keys.len(), target.unclear), (1, false), "{target:?}");
    assert_eq!(target.software, ["tiny/1.2"]);
    verify(folder.path(), &["--public-key", "me.key.pub"])
        .exits(0)
        .says(&target.public_keys[0])
        .never_says("no TLS");
}

#[test]
fn keygen_private_key_is_readable_only_by_its_owner() {
    let folder = folder();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path().join("me.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    done(failspec(folder.path()).args(["keygen", "--out", "me.key"])).exits(2).says("already");
    let server = api("invalid");
    certify(folder.path(), &["--url", &server.url, "--allow-loopback"]).exits(0);
    let secret = String::from_utf8(read(folder.path(), "me.key")).unwrap();
    let secret = secret.lines().nth(1).unwrap();
    for name in ["c.json", "c.report.json", "me.key.pub"] {
        assert!(!String::from_utf8_lossy(&read(folder.path(), name)).contains(secret), "{name}");
    }
    // The public key cannot be used for signing, and is not quoted.
    let wrong = certify(
        folder.path(),
        &["--url", &server.url, "--allow-loopback", "--out", "d.json", "--key", "me.key.pub"],
    );
    wrong.exits(2);
}

#[test]
fn verify_detects_every_attack() {
    let folder = certified();
    let at = folder.path();
    let (own, stranger) =
        (key(at, "me.key"), SigningKey::from_pem(&SigningKey::generate().unwrap()).unwrap());
    let (good, report) = (read(at, "c.json"), read(at, "c.report.json"));
    assert!(judged(at, &good, &report).unwrap().is_pass());
    let noticed = |about: &str, certificate: &[u8], report: &[u8]| match judged(at, certificate, report) {
        Ok(verification) => assert!(!verification.is_pass(), "{about}"),
        Err(why) => assert!(!why.is_empty()),
    };
    // Signed by another key: with the name of the original signer, and with its own.
    noticed("another signer", &resigned(at, &stranger, |_| {}), &report);
    let by_stranger = resigned(at, &stranger, |it| {
        it["predicate"]["signer"]["public_key"] = STANDARD.encode(stranger.public().to_der()).into();
    });
    noticed("another signer, named", &by_stranger, &report);
    // Signed by the right key, but not consistent with the report.
    type Change = (&'static str, fn(&mut Value));
    let changes: [Change; 12] = [
        ("a result", |it| it["predicate"]["result"] = "WARNED".into()),
        ("an outcome", |it| it["predicate"]["packs"][0]["requirements"][2]["outcome"] = "passed".into()),
        ("less required", |it| it["predicate"]["packs"][0]["requirements"][1]["required"] = false.into()),
        ("a requirement less", |it| {
            it["predicate"]["packs"][0]["requirements"].as_array_mut().unwrap().truncate(1);
        }),
        ("another profile", |it| it["predicate"]["profile"] = "reading".into()),
        ("another target", |it| {
            it["predicate"]["packs"][0]["target"]["url"] = "https://prod.example.com/".into()
        }),
        ("no loopback", |it| it["predicate"]["packs"][0]["target"]["loopback"] = false.into()),
        ("another run", |it| it["predicate"]["started"] = "2026-01-01T00:00:00Z".into()),
        ("another pack", |it| it["subject"][2]["digest"]["sha256"] = "00".repeat(32).into()),
        ("another report", |it| it["subject"][0]["digest"]["sha256"] = "00".repeat(32).into()),
        ("no errata", |it| it["predicate"]["packs"][0]["errata"] = json!([])),
        ("a word more", |it| it["predicate"]["packs"][0]["errata"][0]["more"] = "x".into()),
    ];
    for (about, change) in changes {
        noticed(about, &resigned(at, &own, change), &report);
    }
    // Times.
    let times: [Change; 4] = [
        ("from the future", |it| it["predicate"]["issued"] = "2099-01-01T00:00:00Z".into()),
        ("expired", |it| it["predicate"]["valid_until"] = "2020-01-01T00:00:00Z".into()),
        ("no time", |it| it["predicate"]["valid_until"] = "soon".into()),
        ("issued before it ran", |it| it["predicate"]["issued"] = "2020-01-01T00:00:00Z".into()),
    ];
    for (about, change) in times {
        noticed(about, &resigned(at, &own, change), &report);
    }
    // Other types and versions.
    let kinds: [Change; 3] = [
        ("a later version", |it| {
            it["predicateType"] = "https://failspec.dev/attestation/conformance/v2".into()
        }),
        ("another statement", |it| it["_type"] = "https://in-toto.io/Statement/v2".into()),
        ("what is not known", |it| it["predicate"]["trust"] = true.into()),
    ];
    for (about, change) in kinds {
        let refused = judged(at, &resigned(at, &own, change), &report);
        assert!(refused.is_err(), "{about}: {refused:?}");
    }
    // Reports: of another run, with a case missing, with an inconsistent outcome.
    noticed("no report", &good, b"{}");
    noticed(
        "line breaks",
        &good,
        &String::from_utf8(report.clone()).unwrap().replace('\n', "\r\n").into_bytes(),
    );
    let forged = |change: fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&report).unwrap();
        change(&mut value);
        let bytes = serde_json::to_vec(&value).unwrap();
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let certificate = resigned(at, &own, |it| it["subject"][0]["digest"]["sha256"] = digest.into());
        (certificate, bytes)
    };
    let reports: [Change; 5] = [
        ("a case less", |it| drop(it["cases"].as_array_mut().unwrap().remove(1))),
        ("a case twice", |it| {
            let case = it["cases"][0].clone();
            it["cases"].as_array_mut().unwrap().push(case);
        }),
        ("a failed case that is said to have passed", |it| it["cases"][2]["outcome"] = "passed".into()),
        ("of a reference", |it| it["reference"] = true.into()),
        ("of a part", |it| it["selectors"] = json!(["tiny::not_found"])),
    ];
    for (about, change) in reports {
        let (certificate, bytes) = forged(change);
        noticed(about, &certificate, &bytes);
    }
    // The envelope.
    let text = String::from_utf8(good.clone()).unwrap();
    let twice = text.replacen("\"signatures\": [", "\"signatures\": [{\"keyid\":\"\",\"sig\":\"\"},", 1);
    for (about, envelope) in [
        ("a signature more", twice),
        ("no signature", text.replacen("\"sig\": \"", "\"sig\": \"AAAA", 1)),
        ("another algorithm", text.replacen("\"keyid\"", "\"alg\": \"none\", \"keyid\"", 1)),
        ("another payload type", text.replacen("in-toto", "in-tot0", 1)),
        ("the other base64", text.replacen('+', "-", 1).replacen('/', "_", 2)),
        ("cut off", text[..text.len() - 9].to_owned()),
    ] {
        noticed(about, envelope.as_bytes(), &report);
    }
    // Other packs: a contract that requires less is a different contract.
    let lax = pack_with(&CONTRACT.replace("code: invalid", "code: other"), SCENARIOS);
    fs::write(lax.path().join("me.key"), read(at, "me.key")).unwrap();
    assert!(!judged(lax.path(), &good, &report).unwrap().is_pass());
}

#[test]
fn verify_detects_any_changed_byte() {
    let folder = certified();
    let at = folder.path();
    let (good, report) = (read(at, "c.json"), read(at, "c.report.json"));
    let envelope: Value = serde_json::from_slice(&good).unwrap();
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    let files: Vec<PathBuf> =
        ["schemas/tiny/contract.yaml", "scenarios/tiny/all.yaml"].iter().map(|name| at.join(name)).collect();
    // A fixed sequence of numbers (a linear congruential generator by Knuth), so that a failure can be reproduced.
    let mut state: u64 = 42;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let flipped = |bytes: &[u8], at: usize, bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1 << bit;
        bytes
    };
    for _ in 0..150 {
        let (spot, bit) = (next(payload.len()), next(8));
        let mut changed = envelope.clone();
        changed["payload"] = STANDARD.encode(flipped(&payload, spot, bit)).into();
        let done = judged(at, changed.to_string().as_bytes(), &report);
        assert!(done.is_err() || !done.unwrap().is_pass(), "payload {spot} {bit}");
        let (spot, bit) = (next(report.len()), next(8));
        assert!(!judged(at, &good, &flipped(&report, spot, bit)).unwrap().is_pass(), "report {spot} {bit}");
    }
    for _ in 0..60 {
        let file = &files[next(2)];
        let text = fs::read(file).unwrap();
        let (spot, bit) = (next(text.len()), next(7));
        fs::write(file, flipped(&text, spot, bit)).unwrap();
        // A pack that can no longer be read is detected as well.
        if let Ok(pack) = Pack::load(&Files::Directory(at.to_owned()), "tiny") {
            let certificate = Certificate::read(&good).unwrap();
            let done =
                certificate.verify(&report, &[Arc::new(pack)], &VerifyOptions::default(), Timestamp::now());
            assert!(!done.is_pass(), "{} {spot} {bit}", file.display());
        }
        fs::write(file, text).unwrap();
    }
    assert!(judged(at, &good, &report).unwrap().is_pass(), "and what was not changed is not");
}

#[test]
fn verify_checks_nonce_and_age() {
    let folder = certified();
    verify(folder.path(), &["--public-key", "me.key.pub", "--nonce", "4712"]).exits(1).says("nonce");
    let certificate = Certificate::read(&read(folder.path(), "c.json")).unwrap();
    let (report, packs) = (read(folder.path(), "c.report.json"), packs(folder.path()));
    let questions =
        VerifyOptions { max_age: Some(SignedDuration::from_hours(24)), ..VerifyOptions::default() };
    let later = |days: i64| Timestamp::now() + SignedDuration::from_hours(24 * days);
    assert!(certificate.verify(&report, &packs, &questions, later(0)).is_pass());
    assert!(!certificate.verify(&report, &packs, &questions, later(2)).is_pass());
    assert!(certificate.verify(&report, &packs, &VerifyOptions::default(), later(300)).is_pass());
    assert!(!certificate.verify(&report, &packs, &VerifyOptions::default(), later(400)).is_pass());
}

#[test]
fn programme_defines_accepted_certificates() {
    let folder = certified();
    let at = folder.path();
    let digest = &packs(at)[0].digest;
    let id = key(at, "me.key").public().id();
    let programme = format!(
        "name = \"Tiny conformance\"\nprofiles = [\"core\"]\nmax_validity = \"400d\"\nmax_age = \"90d\"\nversions = [\"{}\"]\n\
         [[packs]]\nname = \"tiny\"\ndigests = [\"sha256:{digest}\"]\n[[keys]]\nname = \"Acme\"\npublic_key = \"me.key.pub\"\n",
        env!("CARGO_PKG_VERSION")
    );
    let try_it = |text: &str| {
        fs::write(at.join("programme.toml"), text).unwrap();
        verify(at, &["--programme", "programme.toml"])
    };
    try_it(&programme).exits(0).says("Acme");
    let revoked = format!("{programme}[[revoked]]\nid = \"{id}\"\nreason = \"lost\"\n");
    try_it(&revoked).exits(1).says("revoked: lost");
    try_it(&programme.replace("\"core\"", "\"full\"")).exits(1).says("has no profile core");
    try_it(&programme.replace("400d", "30d")).exits(1).says("valid for longer");
    try_it(&programme.replace(env!("CARGO_PKG_VERSION"), "9.9.9")).exits(1).says("does not accept failspec");
    try_it(&programme.replace(digest, &"0".repeat(64))).exits(1).says("does not accept the pack");
    try_it(&programme.replace("public_key = \"me.key.pub\"", &format!("id = \"{}\"", "0".repeat(64))))
        .exits(1)
        .says("does not trust");
    try_it(&programme.replace("public_key = \"me.key.pub\"", &format!("id = \"{id}\""))).exits(0);
    try_it(&programme.replace("profiles", "profile")).exits(2).says("did you mean `profiles`");
    try_it(&programme.replace("me.key.pub", "nobody.pub")).exits(2).says("nobody.pub");
    try_it(&programme.replace(digest, "abc")).exits(2).says("not a SHA-256");

    // An error in the documentation can be excused by an erratum, only for the named requirement.
    let server = api("not_this");
    let wrong = self::folder();
    certify(wrong.path(), &["--url", &server.url, "--allow-loopback"]).exits(1);
    let erratum = "[[errata]]\npack = \"tiny\"\nrequirement = \"refused\"\nreason = \"the page is wrong\"\n";
    fs::write(wrong.path().join("programme.toml"), format!("{programme}{erratum}")).unwrap();
    verify(wrong.path(), &["--programme", "programme.toml"])
        .exits(0)
        .says("the page is wrong")
        .says("excused");
    fs::write(
        wrong.path().join("programme.toml"),
        format!("{programme}{}", erratum.replace("refused", "broken")),
    )
    .unwrap();
    verify(wrong.path(), &["--programme", "programme.toml"]).exits(1);
}

#[test]
fn diff_compares_two_certificates() {
    let (good, bad) = (certified(), folder());
    let server = api("not_this");
    certify(bad.path(), &["--url", &server.url, "--allow-loopback"]).exits(1);
    let files = [good.path().join("c.json"), bad.path().join("c.json")];
    let diff = |old: &Path, new: &Path| done(failspec(good.path()).arg("diff").args([old, new]));
    diff(&files[0], &files[1])
        .exits(1)
        .says("tiny: refused: was passed, is now failed")
        .says("different keys");
    diff(&files[1], &files[0]).exits(0).says("tiny: refused: was failed, is now passed");
    diff(&files[0], &files[0]).exits(0);
    let report = good.path().join("c.report.json");
    diff(&files[0], &report).exits(2).says("of different kinds");
}

#[test]
fn badge_shows_the_certified_result() {
    let folder = certified();
    let badge = |more: &[&str]| {
        let all = ["badge", "c.json", "--packs", ".", "--svg", "b.svg", "--endpoint", "b.json"];
        done(failspec(folder.path()).args(all).args(more))
    };
    badge(&[]).exits(2).says("unknown key");
    badge(&["--public-key", "me.key.pub"]).exits(0);
    let svg = String::from_utf8(read(folder.path(), "b.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("core conformant"), "{svg}");
    let endpoint: Value = serde_json::from_slice(&read(folder.path(), "b.json")).unwrap();
    assert_eq!((&endpoint["schemaVersion"], &endpoint["label"]), (&json!(1), &json!("tiny")));
}

#[test]
fn profiles_contain_only_documented_failures() {
    let mistakes = [
        ("required: [not_found]", "required: [not_fuond]", "did you mean `not_found`"),
        ("required: [not_found]", "required: []", "must require at least one failure"),
        ("required: [not_found]", "required: [not_found, not_found]", "twice"),
        ("required: [not_found]", "required: [not_found/why]", "no cause"),
        ("reading:", "core:", "is built in"),
        (
            "summary: There is no such thing",
            "summary: There is no such thing, source: inferred",
            "is inferred, not documented",
        ),
    ];
    for (from, to, says) in mistakes {
        let folder = pack_with(&CONTRACT.replacen(from, to, 1), SCENARIOS);
        done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(2).says(says);
    }
}

#[test]
#[ignore = "needs python3-cryptography"]
fn certificate_is_verified_by_another_implementation() {
    let folder = certified();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificate/verify.py");
    let python = |certificate: &str| {
        let output = Command::new("python3")
            .arg(&script)
            .args([certificate, "me.key.pub", "c.report.json"])
            .current_dir(folder.path())
            .output()
            .expect("python3 starts");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (code, said) = python("c.json");
    assert!(code == Some(0) && said.contains("PASSED"), "{said}");
    let forged =
        resigned(folder.path(), &SigningKey::from_pem(&SigningKey::generate().unwrap()).unwrap(), |_| {});
    fs::write(folder.path().join("forged.json"), forged).unwrap();
    let (code, said) = python("forged.json");
    assert!(code == Some(1), "{said}");
}
