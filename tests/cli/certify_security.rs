//! Attacks on certificates, their readers and their keys, each with a harmless form that must still pass.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use failspec_base::secret::Secret;
use failspec_certificate::{Certificate, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::certify::{
    CONTRACT, SCENARIOS, api, certified, certify, folder, judged, key, packs, read, resigned, sealed, verify,
};
use crate::hostile_file::Mutator;
use crate::support::{Background, Done, Reply, Server, done, failspec, pack_with, tiny_failure};

const PUBLIC: [&str; 2] = ["--public-key", "me.key.pub"];

/// Writes a programme that accepts the certificates of the folder, with more lines at its beginning.
fn programme(folder: &Path, more: &str) -> Done {
    let digest = &packs(folder)[0].digest;
    let text = format!(
        "name = \"Tiny\"\nprofiles = [\"core\", \"full\"]\n{more}\n[[packs]]\nname = \"tiny\"\ndigests = [\"{digest}\"]\n\
         [[keys]]\nname = \"Acme\"\npublic_key = \"me.key.pub\"\n"
    );
    fs::write(folder.join("programme.toml"), text).unwrap();
    verify(folder, &["--programme", "programme.toml"])
}

/// Certifies into another file than `c.json`.
fn certify_to(folder: &Path, out: &str, more: &[&str]) -> Done {
    let all = ["certify", "tiny", "--packs", ".", "--key", "me.key", "--allow-loopback", "--out", out];
    done(failspec(folder).args(all).args(more))
}

/// Changes the report, and signs a certificate for the changed one with the right key.
fn forged(folder: &Path, change: impl FnOnce(&mut Value)) -> (Vec<u8>, Vec<u8>) {
    let mut report: Value = serde_json::from_slice(&read(folder, "c.report.json")).unwrap();
    change(&mut report);
    let bytes = serde_json::to_vec(&report).unwrap();
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let certificate = resigned(folder, &key(folder, "me.key"), |it| {
        it["subject"][0]["digest"]["sha256"] = digest.into();
    });
    (certificate, bytes)
}

#[test]
fn security_every_server_and_change_is_certified_and_can_be_forbidden() {
    let product = api("invalid");
    let stub = Server::start(|request| tiny_failure(503, "broken", request).with("Server", "stub/9"));
    let login = Server::start(|_| Reply::json(200, "{\"token\":\"tok-1234567\"}"));
    let folder = pack_with(
        &CONTRACT.replace(
            "requires: { conditions",
            "operations: { bad: GET /bad }\nrequires: { roles: { reader: r, robot: r }, conditions",
        ),
        &SCENARIOS
            .replace("request: GET /things/none,", "as: reader, request: GET /things/none,")
            .replace("request: GET /bad,", "as: robot, request: bad,"),
    );
    let at = folder.path();
    done(failspec(at).args(["keygen", "--out", "me.key"])).exits(0);
    let toml = format!(
        "[target.t]\nurl = \"{}\"\noperations.bad = \"GET /bad?v=2\"\nconditions.broken = {{ url = \"{}\" }}\n\
         roles.reader = {{ login = {{ steps = [{{ request = \"POST {}/token\", capture = {{ token = \"/token\" }} }}], \
         header = \"Authorization: Bearer ${{token}}\" }} }}\nroles.robot = {{ command = {{ run = [\"echo\", \"tok-7654321\"] }} }}\n",
        product.url, stub.url, login.url
    );
    let toml = toml.replace("GET /bad?v=2", "GET /bad");
    fs::write(at.join("failspec.toml"), toml).unwrap();
    let options = ["--target", "t", "--allow-loopback", "--allow-commands", "--profile", "full"];
    let screens = [certify(at, &options).exits(0).all(), verify(at, &PUBLIC).exits(0).says("WARNED").all()];
    for screen in screens {
        for text in [
            stub.url.as_str(),
            &login.url,
            "stub/9",
            "broken: the request goes to",
            "bad is GET /bad",
            "the credentials of robot are printed by echo",
            "not the target itself responded",
        ] {
            assert!(screen.contains(text), "`{text}` is missing in\n{screen}");
        }
        // An argument of a program may be a secret.
        assert!(!screen.contains("tok-7654321") && !screen.contains("tok-1234567"), "{screen}");
    }
    programme(at, "").exits(0);
    programme(at, "forbid = [\"proxy\", \"authorities\", \"check_levels\"]").exits(0);
    for word in ["loopback", "plain_http", "other_addresses", "operations", "conditions", "commands"] {
        programme(at, &format!("forbid = [\"{word}\"]")).exits(1).says(&format!("Tiny forbids {word}"));
    }
    let accepted = |addresses: &[&str]| {
        programme(at, &format!("forbid = [\"other_addresses\"]\naddresses = {addresses:?}"))
    };
    accepted(&[&login.url]).exits(1).says(&stub.url);
    accepted(&[&login.url, &stub.url]).exits(0);
    accepted(&["login.example.com"]).exits(2).says("this is not an address");
    programme(at, "addresses = [\"https://a.example\"]").exits(2).says("changes nothing");
    programme(at, "forbid = [\"conditons\"]").exits(2).says("did you mean `conditions`");
}

#[test]
fn security_certificate_quotes_no_query_of_a_condition() {
    let server = Server::start(|request| match request.path.as_str() {
        "/things/one" | "/things/one?key=hunter2" => Reply::json(200, "{}"),
        "/bad" => tiny_failure(400, "invalid", request),
        _ => tiny_failure(404, "not_found", request),
    });
    let folder = folder();
    let at = folder.path();
    let text = format!(
        "[target.t]\nurl = \"{}\"\nconditions.broken = {{ begin = {{ request = \"PUT /things/one?key=hunter2\" }}, end = {{ request = \"DELETE /things/one\" }} }}\n",
        server.url
    );
    fs::write(at.join("failspec.toml"), text).unwrap();
    certify(at, &["--target", "t", "--allow-loopback"])
        .exits(0)
        .says("PUT /things/one?…, DELETE /things/one");
    let certificate = Certificate::read(&read(at, "c.json")).unwrap();
    let statement = serde_json::to_string(&certificate.statement).unwrap();
    assert!(!statement.contains("hunter2"), "{statement}");
}

#[test]
fn security_condition_that_names_another_host_is_another_address() {
    let server = Server::start(|request| match (request.path.as_str(), request.header("host")) {
        ("/things/one", Some("stub.example")) => tiny_failure(503, "broken", request),
        ("/things/one", _) => Reply::json(200, "{}"),
        ("/bad", _) => tiny_failure(400, "invalid", request),
        _ => tiny_failure(404, "not_found", request),
    });
    let own = server.url.trim_start_matches("http://").to_owned();
    let certified = |header: &str| {
        let folder = folder();
        let at = folder.path().to_owned();
        let text = format!(
            "[target.t]\nurl = \"{}\"\nconditions.broken = {{ headers = {{ {header} }} }}\n",
            server.url
        );
        fs::write(at.join("failspec.toml"), text).unwrap();
        certify(&at, &["--target", "t", "--allow-loopback"]).exits(0);
        (folder, at)
    };
    let (_folder, at) = certified("host = \"stub.example\"");
    // Nothing that `core` requires needs a condition.
    verify(&at, &PUBLIC).exits(0).says("the request goes to http://stub.example").says("PASSED");
    certify_to(&at, "full.json", &["--target", "t", "--profile", "full"]).exits(0);
    let full = ["verify", "full.json", "--packs", "."];
    done(failspec(&at).args(full).args(PUBLIC)).exits(0).says("WARNED").says("not the target itself");
    programme(&at, "forbid = [\"other_addresses\"]").exits(1).says("http://stub.example");
    // Harmless: the target's own host, and another header.
    for header in [format!("Host = \"{own}\""), "X-Break = \"1\"".to_owned()] {
        let (_folder, at) = certified(&header);
        verify(&at, &PUBLIC).exits(0).never_says("not the target itself");
        programme(&at, "forbid = [\"other_addresses\"]").exits(0);
    }
}

#[test]
fn security_host_that_a_pack_names_is_another_address() {
    let server = api("invalid");
    let own = server.url.trim_start_matches("http://").to_owned();
    for (host, is_foreign) in [("stub.example", true), (own.as_str(), false)] {
        let asked = format!("request: GET /things/none, headers: {{ Host: \"{host}\" }},");
        let folder = pack_with(CONTRACT, &SCENARIOS.replace("request: GET /things/none,", &asked));
        let at = folder.path();
        done(failspec(at).args(["keygen", "--out", "me.key"])).exits(0);
        let text = format!("[target.t]\nurl = \"{}\"\nhosts = [\"stub.example\"]\n", server.url);
        fs::write(at.join("failspec.toml"), text).unwrap();
        certify(at, &["--target", "t", "--allow-loopback"]).exits(0);
        let (code, forbidden) = if is_foreign { (1, "http://stub.example") } else { (0, "PASSED") };
        programme(at, "forbid = [\"other_addresses\"]").exits(code).says(forbidden);
    }
}

#[test]
fn security_other_ways_to_the_target_are_certified() {
    let server = api("invalid");
    let address = server.url.trim_start_matches("http://").to_owned();
    let folder = folder();
    let at = folder.path();
    let text = format!(
        "[target.t]\nurl = \"https://api.example.com\"\nconnect_to = \"{address}\"\n[target.u]\nurl = \"http://127.0.0.1:9\"\nconnect_to = \"{address}\"\n\
         [target.v]\nurl = \"{}\"\nchecks.code = {{ level = \"warn\", reason = \"known\" }}\n",
        server.url
    );
    fs::write(at.join("failspec.toml"), text).unwrap();
    certify(at, &["--target", "u", "--allow-loopback"]).exits(0).says(&address);
    verify(at, &PUBLIC).exits(0).says(&format!("the traffic went via {address}"));
    programme(at, "forbid = [\"proxy\"]").exits(1).says("forbids proxy");
    certify_to(at, "v.json", &["--target", "v"]).exits(0);
    fs::rename(at.join("v.json"), at.join("c.json")).unwrap();
    fs::rename(at.join("v.report.json"), at.join("c.report.json")).unwrap();
    // The certificate names the report; where it lies follows from the name of the certificate.
    programme(at, "forbid = [\"check_levels\"]").exits(1).says("forbids check_levels");
    programme(at, "forbid = [\"proxy\"]").exits(0);
    // A certificate authority of one's own.
    let front = server.secure();
    let folder = self::folder();
    let at = folder.path();
    fs::write(at.join("ca.pem"), &front.authority).unwrap();
    let text = format!("[target.t]\nurl = \"{}\"\ntls = {{ ca = \"ca.pem\" }}\n", front.url);
    fs::write(at.join("failspec.toml"), text).unwrap();
    certify(at, &["--target", "t"]).exits(0).says("also trusted: the certificate sha256:");
    verify(at, &PUBLIC).exits(0).says("also trusted: the certificate sha256:");
    programme(at, "forbid = [\"authorities\"]").exits(1).says("forbids authorities");
    programme(at, "forbid = [\"plain_http\", \"other_addresses\", \"commands\"]").exits(0);
}

#[test]
fn security_condition_without_tls_is_refused_like_a_target() {
    let server = api("invalid");
    let front = server.secure();
    let folder = folder();
    let at = folder.path();
    fs::write(at.join("ca.pem"), &front.authority).unwrap();
    let with = |url: &str| {
        let target = format!("[target.t]\nurl = \"{}\"\ntls = {{ ca = \"ca.pem\" }}\n", front.url);
        fs::write(at.join("failspec.toml"), format!("{target}conditions.broken = {{ url = \"{url}\" }}\n"))
            .unwrap();
        certify(at, &["--target", "t"])
    };
    with("http://stub.example.com")
        .exits(2)
        .says("nothing identifies the server at http://stub.example.com/");
    with("http://127.0.0.1:9").exits(2).says("--allow-loopback");
    // Harmless: one with TLS.
    with(&front.url).exits(0);
}

#[test]
fn security_reference_implementation_is_never_certified() {
    let folder = folder();
    let at = folder.path();
    let serve = ["serve", "kubeglass", "--target-file", "failspec.toml"];
    let mut server = Background::start(failspec(at).args(serve));
    server.first_line();
    let options = ["--key", "me.key", "--out", "c.json", "--allow-loopback", "--quiet"];
    done(failspec(at).args(["certify", "kubeglass"]).args(options))
        .exits(4)
        .says("responded an embedded reference implementation of failspec")
        .says("not certified");
    done(failspec(at).args(["verify", "c.json"]).args(PUBLIC)).exits(1).says("embedded reference");
    // Harmless: a run, and a product that has a header of a similar name.
    server.signal("TERM");
    let product = Server::start(|request| match request.path.as_str() {
        "/things/one" => Reply::json(200, "{}").with("X-Reference", "kubeglass"),
        "/bad" => tiny_failure(400, "invalid", request),
        _ => tiny_failure(404, "not_found", request),
    });
    let folder = self::folder();
    certify(folder.path(), &["--url", &product.url, "--allow-loopback"]).exits(0);
}

/// A fixed sequence of numbers (a linear congruential generator by Knuth), so that a failure can be reproduced.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

#[test]
fn security_what_certify_calls_certified_verify_confirms() {
    const KINDS: usize = 10;
    let server = Server::start(|request| {
        let kind = request.path.rsplit('/').next().unwrap_or_default();
        match kind.trim_start_matches('k') {
            "0" => tiny_failure(400, "c", request),
            "1" => Reply::json(400, "{\"error\":\"c\",\"message\":\"m\"}"),
            "2" => Reply::json(200, "{}"),
            "3" => tiny_failure(400, "odd", request),
            "4" => tiny_failure(500, "odd", request),
            "5" => tiny_failure(409, "other", request),
            "6" => Reply::html(502, "<h1>Bad gateway</h1>"),
            "7" => Reply::new(400, "text/plain", "no"),
            "8" => tiny_failure(401, "c", request),
            // A warning: it is neither a date nor a number.
            "9" => tiny_failure(400, "c", request).with("Retry-After", "soon"),
            _ => Reply::json(200, "{}"),
        }
    });
    let mut numbers = Numbers(26);
    let (mut certified, mut refused) = (0, 0);
    for round in 0..40 {
        let mut contract = "contract: tiny\nas_of: 2026-11-20\nsuccess: { status: 2xx }\n\
            envelope: { media_type: application/json, code: /error, message: /message, request_id: /requestId }\n\
            failures:\n  - { id: other, status: 409, code: other, summary: o, excluded: no way to trigger it }\n"
            .to_owned();
        let mut scenarios = "contract: tiny\nscenarios:\n".to_owned();
        let mut waivers = String::new();
        // Half of the rounds should have something to certify.
        let is_easy = numbers.below(2) == 0;
        for number in 0..1 + numbers.below(4) {
            let inferred = ["", ", source: inferred"][usize::from(numbers.below(6) == 0)];
            contract += &format!("  - {{ id: f{number}, status: 400, code: c, summary: s{inferred} }}\n");
            for scenario in 0..1 + numbers.below(2) {
                let kind = if is_easy { [0, 9][numbers.below(2)] } else { numbers.below(KINDS) };
                let source = ["", ", source: inferred"][usize::from(numbers.below(5) == 0)];
                let control =
                    ["control: { request: GET /ok }", "no_control: none is possible"][numbers.below(2)];
                scenarios += &format!(
                    "  s{number}_{scenario}: {{ triggers: f{number}{source}, request: GET /{round}/{number}/{scenario}/k{kind}, {control} }}\n"
                );
            }
            if !is_easy && numbers.below(5) == 0 {
                waivers += &format!(
                    "[[waivers]]\nscenario = \"tiny::f{number}::*\"\ncheck = \"{}\"\nreason = \"known\"\nexpires = \"2999-01-01\"\n",
                    ["code", "not-rejected", "server-error", "well-formed"][numbers.below(4)]
                );
            }
        }
        let mut levels = String::new();
        if numbers.below(4) == 0 {
            let level = ["off", "warn", "deny"][numbers.below(3)];
            let check = ["code", "retry-after", "request-id", "media-type"][numbers.below(4)];
            levels = format!("checks.{check} = {{ level = \"{level}\", reason = \"known\" }}\n");
        }
        let toml = format!("[target.t]\nurl = \"{}\"\n{levels}{waivers}", server.url);
        let folder = pack_with(&contract, &scenarios);
        let at = folder.path();
        fs::write(at.join("failspec.toml"), &toml).unwrap();
        done(failspec(at).args(["keygen", "--out", "me.key"])).exits(0);
        let made = certify(at, &["--target", "t", "--allow-loopback", "--quiet"]);
        let about = || format!("round {round}\n{contract}\n{scenarios}\n{toml}\n{}", made.all());
        if made.code == 2 {
            // Nothing is required, or a mistake in the pack: nothing was sent.
            assert!(!at.join("c.json").exists(), "{}", about());
            continue;
        }
        let said = verify(at, &PUBLIC);
        assert_eq!(made.code == 0, said.code == 0, "{}{}", about(), said.all());
        assert_eq!(made.code == 0, made.all().contains("\ncertified "), "{}", about());
        assert!(!said.all().contains("problems ("), "{}{}", about(), said.all());
        *if made.code == 0 { &mut certified } else { &mut refused } += 1;
    }
    assert!(certified >= 8 && refused >= 8, "{certified} certified, {refused} not");
}

#[test]
fn security_text_in_a_certificate_writes_no_lines() {
    let folder = certified();
    let at = folder.path();
    let stranger = SigningKey::from_pem(&SigningKey::generate().unwrap()).unwrap();
    let lines = "x\nsigned by   Acme · key 00\n\nverified\n".repeat(2);
    let fields: [&dyn Fn(&mut Value); 8] = [
        &|it| it["predicate"]["nonce"] = lines.clone().into(),
        &|it| it["predicate"]["artifact"] = json!({ "digest": lines, "commit": lines }),
        &|it| it["predicate"]["failspec"]["version"] = lines.clone().into(),
        &|it| it["predicate"]["profile"] = lines.clone().into(),
        &|it| it["predicate"]["started"] = lines.clone().into(),
        &|it| it["predicate"]["packs"][0]["target"]["software"][0] = lines.clone().into(),
        &|it| it["predicate"]["packs"][0]["as_of"] = lines.clone().into(),
        &|it| it["subject"][1]["name"] = lines.clone().into(),
    ];
    for (number, field) in fields.iter().enumerate() {
        let certificate = resigned(at, &stranger, |it| {
            it["predicate"]["signer"]["public_key"] = STANDARD.encode(stranger.public().to_der()).into();
            field(it);
        });
        fs::write(at.join("c.json"), certificate).unwrap();
        let shown = verify(at, &[]);
        assert!(
            !shown.stdout.lines().any(|line| line.starts_with("signed by   Acme")),
            "{number}: {}",
            shown.all()
        );
        assert!(!shown.stdout.lines().any(|line| line == "verified"), "{number}: {}", shown.all());
        assert!(shown.stdout.lines().count() < 60, "{number}: {}", shown.all());
    }
    // What an operator gives cannot get there either.
    let server = api("invalid");
    let url = ["--url", &server.url];
    for option in ["--nonce", "--commit"] {
        for text in ["a\nb", "a\u{1b}[2Jb", "a\u{202e}b", " a", "a  b"] {
            certify_to(at, "d.json", &[&url[..], &[option, text]].concat())
                .exits(2)
                .says("is not one line of visible text");
        }
    }
    assert_eq!(server.connections(), 0);
    certify_to(
        at,
        "d.json",
        &[&url[..], &["--nonce", "Auftrag 4711 · März", "--commit", "v1.2-3-gabc"]].concat(),
    )
    .exits(0);
}

/// Returns a statement without the fields that the operator states freely.
fn derived(statement: &str) -> Value {
    let mut value: Value = serde_json::from_str(statement).unwrap_or_default();
    for field in ["/predicate/nonce", "/predicate/artifact", "/predicate/issued", "/predicate/valid_until"] {
        value.pointer_mut(field).into_iter().for_each(|value| *value = Value::Null);
    }
    for field in ["/predicate/failspec/sha256", "/subject/0/name"] {
        value.pointer_mut(field).into_iter().for_each(|value| *value = Value::Null);
    }
    value
}

#[test]
fn security_mutated_statements_never_pass_or_panic() {
    let folder = certified();
    let at = folder.path();
    let envelope: Value = serde_json::from_slice(&read(at, "c.json")).unwrap();
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    let (payload, report) = (String::from_utf8(payload).unwrap(), read(at, "c.report.json"));
    let own = key(at, "me.key");
    let mut read_anyway = 0;
    for number in 0..300 {
        let text = Mutator::new(number).mutate(&payload);
        let signed = sealed(text.as_bytes(), &own);
        match judged(at, &signed, &report) {
            Ok(verification) => {
                let is_same = derived(&text) == derived(&payload);
                assert!(!verification.is_pass() || is_same, "{number}: {text}");
                read_anyway += 1;
            }
            Err(why) => assert!(!why.is_empty()),
        }
        // The bytes themselves as a certificate.
        assert!(Certificate::read(text.as_bytes()).is_err());
    }
    assert!(read_anyway < 300);
}

#[test]
fn security_revoked_key_stays_revoked() {
    let folder = certified();
    let at = folder.path();
    let id = key(at, "me.key").public().id();
    let other = "0".repeat(64);
    let revoked = |id: &str, more: &str| {
        programme(at, &format!("revoked = [{{ id = \"{id}\", reason = \"stolen\" }}{more}]"))
    };
    revoked(&id, "").exits(1).says("its key was revoked: stolen");
    // Siblings: twice, in capitals, with `sha256:`, and beside the option that trusts the key.
    let again = format!(", {{ id = \"{id}\", reason = \"rotated\" }}");
    revoked(&id, &again).exits(1).says("revoked: stolen");
    revoked(&id.to_uppercase(), "").exits(1).says("revoked: stolen");
    revoked(&format!("sha256:{id}"), "").exits(1).says("revoked: stolen");
    verify(at, &["--programme", "programme.toml", "--public-key", "me.key.pub"]).exits(1).says("revoked");
    // Nothing proves a date, so none makes a key valid again.
    let since = programme(
        at,
        &format!("revoked = [{{ id = \"{id}\", reason = \"stolen\", since = \"2999-01-01\" }}]"),
    );
    since.exits(2).says("unknown key `since`").says("could date a certificate back").says("signed again");
    // A key has one owner.
    let two = format!("keys = [{{ name = \"A\", id = \"{id}\" }}, {{ name = \"B\", id = \"{id}\" }}]\n");
    let text = fs::read_to_string(at.join("programme.toml")).unwrap();
    let text = text.split("[[keys]]").next().unwrap().lines().filter(|line| !line.starts_with("revoked"));
    let text: String = text.map(|line| format!("{line}\n")).collect();
    fs::write(at.join("programme.toml"), format!("{two}{text}")).unwrap();
    verify(at, &["--programme", "programme.toml"]).exits(2).says("is that of A already");
    // Harmless: another key is revoked.
    revoked(&other, "").exits(0);
}

#[test]
fn security_empty_lists_of_a_programme_are_refused() {
    let folder = certified();
    let at = folder.path();
    for key in ["versions", "binaries", "forbid", "revoked", "errata"] {
        programme(at, &format!("{key} = []"))
            .exits(2)
            .says(&format!("`{key}` is empty"))
            .says("leave it out");
    }
    programme(at, "").exits(0);
    let text = fs::read_to_string(at.join("programme.toml")).unwrap();
    let digest = format!("digests = [\"{}\"]", packs(at)[0].digest);
    for (from, to) in [
        (digest.as_str(), "digests = []"),
        ("profiles = [\"core\", \"full\"]", "profiles = []"),
        ("[[keys]]\nname = \"Acme\"\npublic_key = \"me.key.pub\"\n", ""),
    ] {
        assert!(text.contains(from), "{text}");
        fs::write(at.join("programme.toml"), text.replace(from, to)).unwrap();
        verify(at, &["--programme", "programme.toml"]).exits(2);
    }
    let version = env!("CARGO_PKG_VERSION");
    programme(at, &format!("versions = [\"{version}\"]")).exits(0);
}

#[test]
fn security_nothing_is_read_because_a_certificate_names_it() {
    let folder = certified();
    let at = folder.path();
    let own = key(at, "me.key");
    let good = read(at, "c.json");
    // Its signature does not match: neither the report nor a pack is looked for, and nothing in it is shown.
    fs::rename(at.join("c.report.json"), at.join("r.json")).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    fs::write(at.join("c.json"), text.replacen("\"sig\": \"", "\"sig\": \"AAAA", 1)).unwrap();
    let shown = done(failspec(at).args(["verify", "c.json", "--packs", "nowhere"])).exits(1);
    assert!(
        shown.all().contains("the signature does not match") && !shown.all().contains("4711"),
        "{}",
        shown.all()
    );
    // It is signed, but by anybody: names in it are compared with what is there, and never become paths.
    fs::write(at.join("secret.json"), "{}").unwrap();
    for name in ["../tiny", "tiny/../tiny", "/etc", "..", "", "tiny\u{0}", "none"] {
        let certificate = resigned(at, &own, |it| it["predicate"]["packs"][0]["name"] = name.into());
        fs::write(at.join("c.json"), certificate).unwrap();
        let shown = verify(at, &["--run-report", "r.json"]).exits(2);
        assert!(shown.all().contains("the packs are tiny"), "{name}: {}", shown.all());
    }
    let certificate = resigned(at, &own, |it| it["subject"][0]["name"] = "secret.json".into());
    fs::write(at.join("c.json"), certificate).unwrap();
    verify(at, &[]).exits(2).says("there is no report").says("the certificate calls it `secret.json`");
    // Harmless: the report was renamed, and is given.
    fs::write(at.join("c.json"), good).unwrap();
    verify(at, &[&PUBLIC[..], &["--run-report", "r.json"]].concat()).exits(0);
}

#[cfg(unix)]
#[test]
fn security_pipe_in_place_of_a_report_keeps_nobody_waiting() {
    let folder = certified();
    let at = folder.path();
    fs::rename(at.join("c.report.json"), at.join("r.json")).unwrap();
    assert!(Command::new("mkfifo").arg(at.join("c.report.json")).status().unwrap().success());
    let began = Instant::now();
    verify(at, &PUBLIC).exits(2).says("there is no report");
    assert!(began.elapsed() < Duration::from_secs(20));
    fs::remove_file(at.join("c.report.json")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", at.join("c.report.json")).unwrap();
    verify(at, &PUBLIC).exits(2).says("there is no report");
    for (file, option) in [("c.json", "--public-key"), ("r.json", "--programme"), ("me.key.pub", "--key")] {
        let all = match option {
            "--key" => vec![
                "certify",
                "tiny",
                "--packs",
                ".",
                "--out",
                "x.json",
                "--key",
                "/dev/zero",
                "--url",
                "http://127.0.0.1:9",
            ],
            option => vec!["verify", "c.json", "--packs", ".", option, "/dev/zero"],
        };
        done(failspec(at).args(all)).exits(2).says("is larger than");
        assert!(at.join(file).exists());
    }
    // Harmless: a link to a file.
    fs::remove_file(at.join("c.report.json")).unwrap();
    std::os::unix::fs::symlink("r.json", at.join("c.report.json")).unwrap();
    verify(at, &PUBLIC).exits(0);
}

#[test]
fn security_report_with_another_digest_is_not_parsed() {
    let folder = certified();
    let at = folder.path();
    let good = read(at, "c.json");
    for report in [b"{".to_vec(), "[".repeat(100_000).into_bytes(), b"{\"format\": 99}".to_vec(), Vec::new()]
    {
        let verification = judged(at, &good, &report).unwrap();
        assert_eq!(verification.problems.len(), 1, "{verification:?}");
        assert!(verification.problems[0].contains("is not the one of the certificate"), "{verification:?}");
    }
    assert!(judged(at, &good, &read(at, "c.report.json")).unwrap().is_pass());
}

#[test]
fn security_reports_that_contradict_their_result_are_refused() {
    let folder = certified();
    let at = folder.path();
    type Change = (&'static str, &'static str, fn(&mut Value));
    let changes: [Change; 8] = [
        ("a violation", "calls itself `violations`", |it| it["verdict"] = "violations".into()),
        ("inconclusive", "calls itself `inconclusive`", |it| it["verdict"] = "inconclusive".into()),
        ("conforms", "calls itself `conforms`", |it| it["verdict"] = "conforms".into()),
        ("interrupted", "interrupted", |it| it["verdict"] = "interrupted".into()),
        ("a reference", "reference", |it| it["reference"] = true.into()),
        ("a reference of a pack", "reference", |it| it["packs"][0]["reference"] = true.into()),
        ("a server that is one", "embedded reference", |it| {
            it["packs"][0]["environment"]["servers"][0]["reference"] = true.into();
        }),
        ("another failspec", "was made with failspec 9.9.9", |it| it["failspec"] = "9.9.9".into()),
    ];
    for (about, says, change) in changes {
        let (certificate, report) = forged(at, change);
        let verification = judged(at, &certificate, &report).unwrap();
        let all: Vec<String> = verification.problems.iter().chain(&verification.unmet).cloned().collect();
        assert!(!verification.is_pass() && all.iter().any(|text| text.contains(says)), "{about}: {all:?}");
    }
    let (certificate, report) = forged(at, |_| {});
    assert!(
        judged(at, &certificate, &report).unwrap().is_pass(),
        "and the same written anew is none of these"
    );
}

#[test]
fn security_weak_key_in_a_certificate_or_a_file_is_refused() {
    let folder = certified();
    let at = folder.path();
    let prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let mut identity = [0; 32];
    identity[0] = 1;
    let der = STANDARD.encode([&prefix[..], &identity].concat());
    let certificate = resigned(at, &key(at, "me.key"), |it| {
        it["predicate"]["signer"]["public_key"] = der.clone().into();
    });
    let refused = Certificate::read(&certificate).unwrap_err().to_string();
    assert!(refused.contains("weak"), "{refused}");
    fs::write(at.join("w.pub"), format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n"))
        .unwrap();
    verify(at, &["--public-key", "w.pub"]).exits(2).says("is a weak Ed25519 key");
    verify(at, &PUBLIC).exits(0);
}

#[cfg(unix)]
#[test]
fn security_key_files_of_others_are_refused_or_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = folder();
    let at = folder.path();
    let server = api("invalid");
    let mode = |name: &str, mode: u32| {
        fs::set_permissions(at.join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let try_it = |out: &str| certify_to(at, out, &["--url", &server.url]);
    for others in [0o602, 0o620, 0o666] {
        mode("me.key", others);
        try_it("x.json").exits(2).says("can be written by others").says("chmod 600");
    }
    assert_eq!(server.connections(), 0);
    mode("me.key", 0o644);
    try_it("a.json").exits(0).says("can be read by others").says("chmod 600");
    mode("me.key", 0o400);
    try_it("c.json").exits(0).never_says("others");
    mode("me.key.pub", 0o646);
    verify(at, &PUBLIC).exits(0).says("me.key.pub can be written by others").says("chmod go-w");
    programme(at, "").exits(0).says("me.key.pub can be written by others");
    mode("me.key.pub", 0o444);
    mode("programme.toml", 0o666);
    verify(at, &["--programme", "programme.toml"]).exits(0).says("programme.toml can be written by others");
    mode("programme.toml", 0o644);
    verify(at, &["--programme", "programme.toml"]).exits(0).never_says("others");
    // A new key never goes through a link.
    std::os::unix::fs::symlink("elsewhere", at.join("new.key.pub")).unwrap();
    done(failspec(at).args(["keygen", "--out", "new.key"])).exits(2).says("already");
    assert!(!at.join("elsewhere").exists());
    std::os::unix::fs::symlink("elsewhere", at.join("l.json")).unwrap();
    try_it("l.json").exits(3).says("cannot write l.json");
    assert!(!at.join("elsewhere").exists());
}

#[test]
fn security_packs_are_pinned_by_their_digests() {
    let folder = folder();
    let at = folder.path();
    let server = api("invalid");
    let digest = packs(at)[0].digest.clone();
    let pin = |pin: &str| certify(at, &["--url", &server.url, "--allow-loopback", "--pack-digest", pin]);
    pin(&format!("tiny=sha256:{}", "0".repeat(64))).exits(2).says("is not the pinned pack").says(&digest);
    pin("tiny=sha256:12").exits(2).says("is not valid");
    pin(&format!("tinny={digest}")).exits(2).says("the packs of the run are tiny");
    assert_eq!(server.connections(), 0);
    pin(&format!("tiny=sha256:{digest}")).exits(0);
    let embedded = done(failspec(at).args(["certify", "kubeadapt", "--list"])).exits(0);
    let embedded = embedded.stdout.lines().next().unwrap().replace(" sha256:", "=sha256:");
    let run = |pin: &str| {
        let all = ["run", "kubeadapt::not_found", "--reference", "--quiet", "--pack-digest", pin];
        done(failspec(at).args(all))
    };
    run(&embedded).exits(0);
    let other = format!("{}{}", &embedded[..embedded.len() - 2], "zz").replace("zz", "00");
    if other != embedded {
        run(&other).exits(2).says("is not the pinned pack");
    }
}

#[test]
fn certify_lists_requirements_before_it_runs() {
    let folder = folder();
    let list = |more: &[&str]| {
        done(failspec(folder.path()).args(["certify", "tiny", "--packs", ".", "--list"]).args(more)).exits(0)
    };
    let core = list(&[]);
    assert!(core.stdout.contains("core requires 2 of its failures and causes"), "{}", core.stdout);
    assert!(core.stdout.contains("not_found") && !core.stdout.contains("broken"), "{}", core.stdout);
    list(&["--profile", "full"]).says("broken").says("(needs the condition broken)");
    list(&["--profile", "reading"]).never_says("refused");
    let wrong = ["certify", "tiny", "--packs", ".", "--list", "--profile", "writing"];
    done(failspec(folder.path()).args(wrong)).exits(2).says("it has core, full, reading");
    done(failspec(folder.path()).args(["certify", "tiny", "--packs", "."])).exits(2).says("--out");
}

#[test]
fn init_programme_writes_a_file_that_verify_accepts() {
    let folder = certified();
    let at = folder.path();
    let init = |more: &[&str]| done(failspec(at).args(["init", "--programme", "Ac\"me"]).args(more));
    init(&["--packs", ".", "--pack", "tiny"]).exits(0).says("wrote programme.toml");
    verify(at, &["--programme", "programme.toml"]).exits(2).says("acme.pub");
    fs::copy(at.join("me.key.pub"), at.join("acme.pub")).unwrap();
    // It forbids what a product should not need.
    verify(at, &["--programme", "programme.toml"]).exits(1).says("Ac\"me forbids loopback");
    let text = fs::read_to_string(at.join("programme.toml")).unwrap();
    fs::write(at.join("programme.toml"), text.replace("\nforbid", "\n# forbid")).unwrap();
    verify(at, &["--programme", "programme.toml"]).exits(0);
    init(&["--packs", "."]).exits(2).says("exists already");
    fs::remove_file(at.join("programme.toml")).unwrap();
    init(&[]).exits(0);
    let text = fs::read_to_string(at.join("programme.toml")).unwrap();
    assert_eq!(text.matches("[[packs]]").count(), 5, "{text}");
    init(&["--target", "t"]).exits(2);
}

#[test]
fn verify_writes_a_page_for_people() {
    let folder = certified();
    let at = folder.path();
    verify(at, &[&PUBLIC[..], &["--report", "html=c.html"]].concat()).exits(0);
    let page = String::from_utf8(read(at, "c.html")).unwrap();
    for text in ["<h1>", "verified", "2 of 2 requirements", "tiny/1.2", "Not proven", "default-src 'none'"] {
        assert!(page.contains(text), "`{text}` is missing in {page}");
    }
    assert!(!page.contains("<script"), "{page}");
    verify(at, &["--report", "c.report.json"]).exits(2).says("--run-report FILE");
    verify(at, &["--report", "html="]).exits(2);
    for file in ["c.json", "./c.json", "c.report.json", "me.key.pub"] {
        let page = format!("html={file}");
        verify(at, &[&PUBLIC[..], &["--report", &page]].concat()).exits(2).says("which is read");
    }
}

/// The secret of a key in tests must not depend on the file that it comes from.
#[test]
fn key_is_read_from_the_environment() {
    let folder = folder();
    let server = api("invalid");
    let text = String::from_utf8(read(folder.path(), "me.key")).unwrap();
    assert!(SigningKey::from_pem(&Secret::new(text.clone(), "x")).is_ok());
    let all = [
        "certify",
        "tiny",
        "--packs",
        ".",
        "--out",
        "c.json",
        "--key",
        "env:CERTIFY_KEY",
        "--allow-loopback",
    ];
    done(failspec(folder.path()).env("CERTIFY_KEY", text).args(all).args(["--url", &server.url])).exits(0);
}

/// A target without `env:` has the key itself: no message quotes it, whatever form it has.
#[test]
fn security_key_on_the_command_line_is_not_printed() {
    let folder = folder();
    let pem = String::from_utf8(read(folder.path(), "me.key")).unwrap();
    let body = pem.lines().nth(1).unwrap().to_owned();
    let one_line = pem.replace('\n', " ");
    for key in [&pem, &one_line, &body] {
        let all = ["certify", "tiny", "--packs", ".", "--out", "c.json", "--key", key];
        let said = done(failspec(folder.path()).args(all).args(["--url", "http://127.0.0.1:1"])).exits(2);
        assert!(!said.all().contains(&body), "{}", said.all());
        let said = done(failspec(folder.path()).args(["verify", "c.json", "--public-key", key])).exits(2);
        assert!(!said.all().contains(&body), "{}", said.all());
    }
}
