//! Snapshots as files: approved, pending and left over.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use failspec_judge::{
    report_model::SnapshotState,
    snapshot::{Mode, SnapshotFile, SnapshotStore, accept, file_name, pending, reject, unreferenced},
};
use failspec_pack::pack::Texts;

/// Creates an empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("an old folder");
    }
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn snapshot(contents: &str) -> SnapshotFile {
    SnapshotFile {
        source: "scenarios/t/s.yaml".to_owned(),
        expression: "t::a::s".to_owned(),
        contents: contents.to_owned(),
    }
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let read = |path: &Path| fs::read_to_string(path).expect("a text");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let contents =
                SnapshotFile::parse(&read(&path)).map_or_else(|| read(&path), |file| file.contents);
            found.push((name, contents));
        }
    }
    found.sort();
    found
}

#[test]
fn a_snapshot_is_read_as_it_is_written() {
    assert_eq!(file_name("a", "s", None), "a/s.snap");
    assert_eq!(file_name("a", "s", Some("row")), "a/s--row.snap");
    let folder = folder("written");
    for (source, expression, head) in [
        ("scenarios/t/s.yaml", "t::a::s", "---\nsource: scenarios/t/s.yaml\nexpression: \"t::a::s\"\n---\n"),
        ("a b", "x", "---\nsource: \"a b\"\nexpression: \"x\"\n---\n"),
        ("1.yaml", "x", "---\nsource: \"1.yaml\"\nexpression: \"x\"\n---\n"),
        ("a_b-c", "x", "---\nsource: a_b-c\nexpression: \"x\"\n---\n"),
        ("", "x", "---\nsource: \"\"\nexpression: \"x\"\n---\n"),
    ] {
        let file = SnapshotFile {
            source: source.to_owned(),
            expression: expression.to_owned(),
            contents: "HTTP 404\n\n{}".to_owned(),
        };
        assert_eq!(file.to_text(), format!("{head}HTTP 404\n\n{{}}\n"));
        assert_eq!(SnapshotFile::parse(&file.to_text()).as_ref(), Some(&file));
        let path = folder.join("deep/x.snap");
        file.write(&path).expect("a file");
        assert_eq!(SnapshotFile::read(&path).as_ref(), Ok(&file));
    }
    for wrong in ["", "source: x\n---\nHTTP 404\n", "---\nsource: x\nHTTP 404\n"] {
        assert_eq!(SnapshotFile::parse(wrong), None, "{wrong}");
    }
    assert!(SnapshotFile::read(&folder.join("none.snap")).is_err());
}

#[test]
fn a_pending_response_is_approved_or_discarded() {
    let folder = folder("decided");
    for name in ["a.snap.new", "b.snap.new"] {
        snapshot(name).write(&folder.join(name)).expect("a file");
    }
    assert_eq!(accept(&folder.join("a.snap.new")).expect("accepted"), folder.join("a.snap"));
    reject(&folder.join("b.snap.new")).expect("rejected");
    assert_eq!(files(&folder), [("a.snap".to_owned(), "a.snap.new".to_owned())]);
    assert!(reject(&folder.join("b.snap.new")).is_err());
    assert!(accept(&folder.join("b.snap.new")).is_err());
}

#[test]
fn responses_are_compared_and_written_as_the_mode_says() {
    use SnapshotState::{Changed, New, Same, Updated};
    for (row, (mode, in_ci, may_be_approved, approved, now, state, expected)) in [
        (Mode::Report, false, true, Some("a"), "a", Some(Same), &[("s.snap", "a")][..]),
        (Mode::Report, false, true, Some("a"), "b", Some(Changed), &[("s.snap", "a"), ("s.snap.new", "b")]),
        (Mode::Report, false, true, None, "b", Some(New), &[("s.snap.new", "b")]),
        (Mode::Check, false, true, Some("a"), "b", Some(Changed), &[("s.snap", "a"), ("s.snap.new", "b")]),
        (Mode::Update, false, true, Some("a"), "b", Some(Updated), &[("s.snap", "b")]),
        (Mode::Update, false, true, None, "b", Some(Updated), &[("s.snap", "b")]),
        (Mode::Update, false, true, Some("a"), "a", Some(Same), &[("s.snap", "a")]),
        // In CI, nothing is written.
        (Mode::Report, true, true, Some("a"), "b", Some(Changed), &[("s.snap", "a")]),
        (Mode::Update, true, true, Some("a"), "b", Some(Changed), &[("s.snap", "a")]),
        (Mode::Update, true, true, None, "b", Some(New), &[]),
        // Nor is a response that is not as documented.
        (Mode::Report, false, false, Some("a"), "b", Some(Changed), &[("s.snap", "a")]),
        (Mode::Update, false, false, Some("a"), "b", Some(Changed), &[("s.snap", "a")]),
        (Mode::Report, false, false, None, "b", None, &[]),
        (Mode::Report, false, false, Some("a"), "a", Some(Same), &[("s.snap", "a")]),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = folder(&format!("compared-{row}"));
        if let Some(approved) = approved {
            snapshot(approved).write(&folder.join("f/s.snap")).expect("a file");
        }
        let store = SnapshotStore::folder(folder.clone(), mode, in_ci);
        assert_eq!(store.mode(), mode);
        let found = store.compare("f/s.snap", &snapshot(now), may_be_approved).expect("a comparison");
        assert_eq!(found.as_ref().map(|report| report.state), state, "{row}");
        let expected: Vec<(String, String)> =
            expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        assert_eq!(files(&folder), expected, "{row}");
        let Some(report) = found else { continue };
        assert_eq!(report.file, folder.join("f/s.snap").display().to_string());
        let removed = approved.map(|text| format!("-{text}\n")).unwrap_or_default();
        let diff = (report.state != Same).then(|| format!("{removed}+{now}\n"));
        assert_eq!(report.diff, diff, "{row}");
    }
}

#[test]
fn a_pending_response_of_an_earlier_run_is_no_longer_pending_once_it_came_as_approved() {
    for (mode, in_ci, may_be_approved, now, expected) in [
        (Mode::Report, false, true, "a", &["s.snap"][..]),
        (Mode::Update, false, true, "b", &["s.snap"]),
        (Mode::Report, false, true, "b", &["s.snap", "s.snap.new"]),
        (Mode::Report, true, true, "a", &["s.snap", "s.snap.new"]),
        (Mode::Report, false, false, "a", &["s.snap", "s.snap.new"]),
    ] {
        let folder = folder("earlier");
        snapshot("a").write(&folder.join("f/s.snap")).expect("a file");
        snapshot("old").write(&folder.join("f/s.snap.new")).expect("a file");
        let store = SnapshotStore::folder(folder.clone(), mode, in_ci);
        store.compare("f/s.snap", &snapshot(now), may_be_approved).expect("a comparison");
        let names: Vec<String> = files(&folder).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, expected, "{mode:?} {in_ci} {may_be_approved} {now}");
    }
}

#[test]
fn a_pending_response_that_cannot_be_removed_is_an_error() {
    let folder = folder("not-removable");
    // A folder in its place: no file can be removed there.
    fs::create_dir_all(folder.join("f/s.snap.new/x")).expect("a folder");
    let store = SnapshotStore::folder(folder.clone(), Mode::Update, false);
    let error = store.compare("f/s.snap", &snapshot("b"), true).expect_err("an error");
    assert_eq!(error.file, folder.join("f/s.snap").display().to_string());
}

#[test]
fn a_file_of_another_form_is_read_with_insta() {
    let folder = folder("other-forms");
    for (text, state) in [
        ("---\nsource: s.yaml\nexpression: t\n---\na\n", SnapshotState::Same),
        ("---\nsource: \"s.yaml\"\n---\na\n", SnapshotState::Same),
        ("---\nsource: s.yaml\nassertion_line: 3\n---\na\n\n", SnapshotState::Same),
        ("---\nsource: s.yaml\n---\nb\n", SnapshotState::Changed),
        ("---\nsource: s.yaml\n---\na\nb\n", SnapshotState::Changed),
    ] {
        fs::write(folder.join("s.snap"), text).expect("a file");
        let store = SnapshotStore::folder(folder.clone(), Mode::Check, true);
        let found = store.compare("s.snap", &snapshot("a"), true).expect("a comparison").expect("a report");
        assert_eq!(found.state, state, "{text}");
    }
    fs::write(folder.join("s.snap"), "---\nsource: [\n---\na\n").expect("a file");
    let store = SnapshotStore::folder(folder.clone(), Mode::Check, true);
    let error = store.compare("s.snap", &snapshot("a"), true).expect_err("no snapshot");
    assert!(error.to_string().starts_with(&format!("the snapshot {}: ", folder.join("s.snap").display())));
}

#[test]
fn built_in_snapshots_are_compared_and_never_written() {
    let texts = Texts::from([("f/s.snap".to_owned(), snapshot("a").to_text().into())]);
    for mode in [Mode::Check, Mode::Report, Mode::Update] {
        let store = SnapshotStore::built_in(texts.clone(), mode);
        for (name, now, may_be_approved, state) in [
            ("f/s.snap", "a", true, Some(SnapshotState::Same)),
            ("f/s.snap", "b", true, Some(SnapshotState::Changed)),
            ("f/t.snap", "b", true, Some(SnapshotState::New)),
            ("f/t.snap", "b", false, None),
        ] {
            let found = store.compare(name, &snapshot(now), may_be_approved).expect("a comparison");
            assert_eq!(found.as_ref().map(|report| report.state), state, "{mode:?} {name} {now}");
            assert!(found.is_none_or(|report| report.file == format!("{name} (embedded)")));
        }
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(store.unreferenced(&names(&["f/s.snap"])).expect("names"), [""; 0]);
        assert_eq!(store.unreferenced(&names(&["f/t.snap"])).expect("names"), ["f/s.snap"]);
    }
}

#[test]
fn files_of_no_scenario_and_pending_ones_are_found_in_all_folders() {
    let folder = folder("found");
    for name in [
        "b/s.snap",
        "a/s.snap",
        "a/s--row.snap",
        "a/s.snap.new",
        "c/deep/t.snap.new",
        "a/notes.txt",
        "a/xsnap",
    ] {
        snapshot("a").write(&folder.join(name)).expect("a file");
    }
    let names = BTreeSet::from(["a/s.snap".to_owned()]);
    let expected = ["a/s--row.snap", "b/s.snap"];
    assert_eq!(unreferenced(&folder, &names).expect("names"), expected);
    let store = SnapshotStore::folder(folder.clone(), Mode::Report, false);
    assert_eq!(store.unreferenced(&names).expect("names"), expected);
    assert_eq!(
        pending(&folder).expect("paths"),
        [folder.join("a/s.snap.new"), folder.join("c/deep/t.snap.new")]
    );
    let none = folder.join("none");
    assert_eq!(pending(&none).expect("no paths"), Vec::<PathBuf>::new());
    assert_eq!(unreferenced(&none, &names).expect("no names"), [""; 0]);
    // A link could lead out of the folder.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.join("a"), folder.join("link")).expect("a link");
        assert_eq!(unreferenced(&folder, &names).expect("names"), expected);
    }
}
