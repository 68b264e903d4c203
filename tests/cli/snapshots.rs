//! Approved responses: comparing, writing and accepting them.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::support::{Background, Reply, Server, done, failspec, tiny, tiny_failure, tiny_pack, tiny_server};

/// Creates a copy of the pack with its approved responses.
fn checkout() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in ["schemas/kubeglass", "scenarios/kubeglass", "snapshots/kubeglass"] {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(part), &folder.path().join(part));
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &name);
        } else {
            fs::copy(&path, &name).unwrap();
        }
    }
}

/// Returns all files in a folder whose names end with `end`.
fn ending(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return found;
    }
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(ending(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Changes the approved response of one case; returns its file.
fn tamper(folder: &Path) -> PathBuf {
    let file = ending(&folder.join("snapshots/kubeglass/conflict"), ".snap").remove(0);
    let text = fs::read_to_string(&file).unwrap();
    let changed = text.replacen("409", "418", 1);
    assert_ne!(text, changed);
    fs::write(&file, changed).unwrap();
    file
}

/// Runs the failure whose snapshot the tests change.
fn run(folder: &Path, mode: &str) -> Command {
    run_of("kubeglass::conflict", folder, mode)
}

fn run_of(selector: &str, folder: &Path, mode: &str) -> Command {
    let mut command = failspec(folder);
    command.args(["run", selector, "--reference", "--packs", ".", "--snapshots", mode]);
    command
}

fn pending(path: &Path) -> PathBuf {
    path.with_extension("snap.new")
}

#[test]
fn reference_matches_its_approved_responses() {
    let folder = checkout();
    done(&mut run_of("kubeglass", folder.path(), "check")).exits(0);
    assert!(ending(folder.path(), ".snap.new").is_empty());
}

#[test]
fn changed_response_is_shown_written_for_review_and_fails_check() {
    let folder = checkout();
    let file = tamper(folder.path());
    let checked = done(&mut run(folder.path(), "check")).exits(1).says("1 differ from the approved response");
    assert!(checked.last_line().contains("violations"), "{}", checked.stdout);
    assert!(checked.stdout.contains("418") && checked.stdout.contains("409"), "{}", checked.stdout);
    assert_eq!(ending(folder.path(), ".snap.new"), [pending(&file)]);
    // The difference is shown, but does not affect the verdict.
    done(&mut run(folder.path(), "report")).exits(0).says("1 differ from the approved response");
    assert!(pending(&file).is_file());
    let off = done(&mut run(folder.path(), "off")).exits(0);
    assert!(!off.stdout.contains("snapshot"), "{}", off.stdout);
    done(&mut run(folder.path(), "update")).exits(0).says("1 approved by this run");
    assert!(ending(folder.path(), ".snap.new").is_empty(), "an update leaves nothing pending");
    done(&mut run(folder.path(), "check")).exits(0);
}

#[test]
fn pending_snapshot_is_removed_when_the_response_matches_again() {
    let folder = checkout();
    let file = tamper(folder.path());
    done(&mut run(folder.path(), "report")).exits(0);
    assert!(pending(&file).is_file());
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("418", "409", 1)).unwrap();
    done(&mut run(folder.path(), "report")).exits(0);
    assert!(!pending(&file).exists());
}

#[test]
fn in_ci_nothing_is_written() {
    for mode in ["check", "report", "update"] {
        let folder = checkout();
        let file = tamper(folder.path());
        let before = fs::read_to_string(&file).unwrap();
        let code = if mode == "check" { 1 } else { 0 };
        done(run(folder.path(), mode).env("CI", "1")).exits(code).says("1 differ from the approved response");
        assert!(ending(folder.path(), ".snap.new").is_empty(), "{mode}");
        assert_eq!(fs::read_to_string(&file).unwrap(), before, "{mode}");
    }
}

#[test]
fn new_and_unreferenced_snapshots_fail_check() {
    let folder = checkout();
    let file = ending(&folder.path().join("snapshots/kubeglass/conflict"), ".snap").remove(0);
    fs::remove_file(&file).unwrap();
    done(&mut run(folder.path(), "report")).exits(0).says("1 have no approved response yet");
    done(&mut run(folder.path(), "check")).exits(1).says("1 have no approved response yet");
    fs::rename(pending(&file), &file).unwrap();
    done(&mut run(folder.path(), "check")).exits(0);
    let nobody = file.with_file_name("nobody.snap");
    fs::copy(&file, &nobody).unwrap();
    done(&mut run_of("kubeglass", folder.path(), "check"))
        .exits(1)
        .says("snapshot-unreferenced")
        .says("kubeglass/conflict/nobody.snap");
    done(&mut run_of("kubeglass", folder.path(), "report")).exits(0).says("conflict/nobody.snap");
    // A run of selected cases cannot know to which case they belong.
    done(&mut run(folder.path(), "check")).exits(0).never_says("nobody.snap");
}

#[test]
fn pending_responses_are_accepted_rejected_and_reviewed_without_cargo() {
    let folder = checkout();
    let path = folder.path();
    let file = tamper(path);
    let tampered = fs::read_to_string(&file).unwrap();
    let snapshots = |action: &str| {
        let mut command = failspec(path);
        command.args(["snapshots", action]);
        command
    };
    done(&mut run(path, "report")).exits(0);
    done(&mut snapshots("reject")).exits(0).says("1 rejected");
    assert!(!pending(&file).exists() && fs::read_to_string(&file).unwrap() == tampered);

    let review = |responses: &str| {
        let mut child = snapshots("review").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // The command may end before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(responses.as_bytes());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    done(&mut run(path, "report")).exits(0);
    let shown = review("s\n");
    assert!(shown.contains("418") && shown.contains("409") && shown.contains("1 left"), "{shown}");
    assert!(review("").contains("1 left"), "the end of the input decides nothing");
    assert!(review("what?\n").contains("1 left"));
    assert!(pending(&file).is_file());
    assert!(review("a\n").contains("1 accepted"));
    assert!(!pending(&file).exists() && fs::read_to_string(&file).unwrap() != tampered);
    done(&mut run(path, "check")).exits(0);

    tamper(path);
    done(&mut run(path, "report")).exits(0);
    done(&mut snapshots("accept")).exits(0).says("1 accepted");
    done(&mut run(path, "check")).exits(0);
    done(&mut snapshots("accept")).exits(0).says("0 accepted");
    done(failspec(path).args(["snapshots", "accept", "no-such-folder"])).exits(2);
}

#[test]
fn embedded_snapshots_are_compared_only_with_the_reference_and_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let mode = ["--snapshots", "update"];
    done(failspec(folder.path()).args(["run", "--reference"]).args(mode)).exits(0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let mut serve = Background::start(failspec(folder.path()).args([
        "serve",
        "kubeglass",
        "--mutant",
        "message-reworded",
        "--target-file",
        "t.toml",
    ]));
    serve.first_line();
    let with = |mode| {
        let run = ["run", "kubeglass", "--config", "t.toml", "--snapshots", mode];
        done(failspec(folder.path()).args(run))
    };
    with("report").exits(0).never_says("approved response");
    with("check").exits(2).says("the target reference has no folder of approved responses");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing but the target file");
}

#[test]
fn target_has_its_own_folder_of_approved_responses() {
    let folder = tiny_pack();
    let server = tiny_server();
    let config =
        format!("default_target = \"t\"\n[target.t]\nurl = \"{}\"\nsnapshots = \"approved\"\n", server.url);
    fs::create_dir(folder.path().join("config")).unwrap();
    fs::write(folder.path().join("config/failspec.toml"), config).unwrap();
    let run = |mode: &str| {
        let options = ["run", "--packs", ".", "--config", "config/failspec.toml", "--snapshots", mode];
        done(failspec(folder.path()).args(options))
    };
    run("check").exits(1).says("1 have no approved response yet");
    // The folder is relative to the file that names it.
    let file = folder.path().join("config/approved/tiny/not_found/read_a_missing_thing.snap");
    assert!(pending(&file).is_file());
    done(failspec(folder.path()).args(["snapshots", "accept", "config/approved"]))
        .exits(0)
        .says("1 accepted");
    run("check").exits(0);
    let text = fs::read_to_string(&file).unwrap();
    // Volatile values are replaced by descriptions.
    assert!(text.contains("[message]") && text.contains("[request-id]"), "{text}");
    assert!(text.contains("tiny::not_found::read_a_missing_thing"), "{text}");
    // A file that is not a snapshot is reported, not replaced.
    fs::write(&file, "not a snapshot").unwrap();
    run("check").exits(1);
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a snapshot");
}

#[test]
#[ignore = "needs cargo-insta"]
fn cargo_insta_accepts_written_snapshots() {
    let folder = checkout();
    let file = tamper(folder.path());
    let text = fs::read_to_string(&file).unwrap();
    // cargo-insta requires a crate around the snapshots, as in this repository.
    let manifest = "[package]\nname = \"x\"\nversion = \"0.1.0\"\n[lib]\npath = \"lib.rs\"\n[workspace]\n";
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.path().join("lib.rs"), "").unwrap();
    done(&mut run(folder.path(), "report")).exits(0);
    let insta = |action: &str| {
        let mut command = Command::new("cargo");
        command.args(["insta", action, "--workspace-root"]).arg(folder.path());
        let output = command.current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(insta("pending-snapshots").contains(&name));
    insta("accept");
    assert!(!pending(&file).exists());
    assert_ne!(fs::read_to_string(&file).unwrap(), text);
    done(&mut run(folder.path(), "check")).exits(0);
}

#[test]
#[ignore = "needs cargo-nextest"]
fn nextest_runs_scenarios_as_tests() {
    let nextest = |arguments: &[&str]| {
        let mut command = Command::new("cargo");
        command.args(["nextest"]).args(arguments).args(["--test", "conformance"]);
        command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("CI").env("NO_COLOR", "1");
        let output = command.output().unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{text}");
        text
    };
    assert!(nextest(&["list"]).contains("kubeglass::conflict::"));
    let ran = nextest(&["run", "kubeglass::conflict"]);
    assert!(ran.contains("kubeglass::conflict::") && ran.contains("PASS"), "{ran}");
    assert!(!ran.contains("FAIL"), "{ran}");
}

/// A response that was not rejected, breaks a rule, or is waived never becomes an approved response.
#[test]
fn only_responses_as_documented_are_approved() {
    let wrong = |status: u16| {
        Server::start(move |request| match request.path.as_str() {
            "/things/none" if status == 200 => Reply::json(200, "{}"),
            "/things/none" => tiny_failure(status, "not_found", request),
            _ => tiny(request),
        })
    };
    let waiver =
        "[[waivers]]\nscenario = \"tiny::*\"\ncheck = \"status\"\nreason = \"known\"\nexpires = 2999-01-01\n";
    for (status, waiver, code, approved) in
        [(200, "", 1, 0), (410, "", 1, 0), (410, waiver, 0, 0), (404, "", 0, 1)]
    {
        let (folder, server) = (tiny_pack(), wrong(status));
        let config = format!(
            "default_target = \"t\"\n[target.t]\nurl = \"{}\"\nsnapshots = \"approved\"\n{waiver}",
            server.url
        );
        fs::write(folder.path().join("failspec.toml"), config).unwrap();
        for mode in ["report", "update"] {
            let run = ["run", "--packs", ".", "--snapshots", mode];
            done(failspec(folder.path()).args(run)).exits(code);
        }
        let found = ending(&folder.path().join("approved"), ".snap");
        assert_eq!(found.len(), approved, "{status} {waiver}: {found:?}");
        let pending = ending(&folder.path().join("approved"), ".snap.new");
        assert!(pending.is_empty(), "{status} {waiver}: {pending:?}");
        if approved == 0 && code == 0 {
            // Nothing to compare is no change.
            let check = ["run", "--packs", ".", "--snapshots", "check"];
            done(failspec(folder.path()).args(check)).exits(0);
        }
    }
}
