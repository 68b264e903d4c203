//! The sources of packs: the program, a folder, or `packs` in `failspec.toml`.

use std::{fs, path::Path};

use crate::support::{
    Done, TINY_CONTRACT, TINY_SCENARIOS, done, failspec, tiny_pack, tiny_server, write_pack,
};

fn in_folder(folder: &Path, arguments: &[&str]) -> Done {
    done(failspec(folder).args(arguments))
}

/// Creates a folder with the small pack and a `failspec.toml` with these lines.
fn project(config: &str) -> tempfile::TempDir {
    let folder = tiny_pack();
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    folder
}

#[test]
fn new_pack_runs_without_options_from_any_folder_of_it() {
    let folder = tempfile::tempdir().unwrap();
    in_folder(folder.path(), &["init", "notes"])
        .exits(0)
        .says("wrote failspec.toml")
        .says("failspec run notes\n");
    let path = folder.path().join("failspec.toml");
    let config = fs::read_to_string(&path).unwrap();
    let server = tiny_server();
    fs::write(&path, config.replace("http://localhost:8080", &server.url)).unwrap();
    let below = folder.path().join("scenarios/notes");
    for folder in [folder.path(), &below] {
        in_folder(folder, &["lint"]).exits(0).says("notes 1 failure");
        in_folder(folder, &["list", "notes"]).exits(0).says("notes::not_found::get_an_absent_path");
        // Nothing is there, so its control fails.
        in_folder(folder, &["run", "notes"]).exits(3).says(&server.url);
    }
    assert_eq!(server.lines()[..2], ["GET /", "GET /failspec-no-such-path"]);
    in_folder(&below, &["run", "notes"]).says("failspec notes · ../..,");
    // A second pack leaves the file alone; a file without packs gets them.
    in_folder(folder.path(), &["init", "other"]).exits(0).never_says("failspec.toml");
    fs::write(&path, "[target.a]\nurl = \"http://127.0.0.1:9\"\n").unwrap();
    in_folder(folder.path(), &["init", "third"]).exits(0).says("added `packs` to failspec.toml");
    in_folder(folder.path(), &["list"]).exits(0).says("third");
}

#[test]
fn own_and_built_in_packs_run_together() {
    let (own, built_in) = (tiny_server(), tiny_server());
    let urls = format!("urls = {{ tiny = \"{}\", kubeadapt = \"{}\" }}\n", own.url, built_in.url);
    let config =
        format!("packs = \".\"\ndefault_target = \"a\"\n[target.a]\nurl = \"http://127.0.0.1:9\"\n{urls}");
    let folder = project(&config);
    let folder = folder.path();
    for options in [&["--packs", "."][..], &[]] {
        let run = [&["run", "tiny", "kubeadapt", "--dry-run"], options].concat();
        let both = in_folder(folder, &run).exits(0).says("tiny::not_found::").says("kubeadapt::");
        assert!(!both.stdout.contains("kubeglass::"), "{}", both.stdout);
        // Without a name, and with a pattern, they are one's own.
        for run in
            [&["run", "--dry-run"][..], &["run", "*", "--dry-run"], &["run", "*::not_found", "--dry-run"]]
        {
            let run = [run, options].concat();
            in_folder(folder, &run).exits(0).says("tiny::not_found::").never_says("kubeadapt::");
        }
        in_folder(folder, &[&["list"][..], options].concat())
            .exits(0)
            .says("tiny ")
            .says("built in, if named: apinizer, k0rdent, kubeadapt");
        in_folder(folder, &[&["list", "kubevision@2026-03"][..], options].concat())
            .exits(0)
            .says("kubevision::");
        in_folder(folder, &[&["lint", "kubeadapt"][..], options].concat()).exits(0).says("kubeadapt ");
        let misspelt = [&["run", "kubadapt"][..], options].concat();
        in_folder(folder, &misspelt).exits(2).says("did you mean `kubeadapt`?");
    }
    in_folder(folder, &["run", "tiny"]).exits(0);
    assert!(built_in.lines().is_empty() && !own.lines().is_empty());
    in_folder(folder, &["run", "tiny", "kubeadapt", "--safe"]);
    assert!(!built_in.lines().is_empty());
}

#[test]
fn own_pack_stands_for_the_built_in_one_of_its_name_and_says_so() {
    let folder = project("packs = \".\"\n");
    let contract = TINY_CONTRACT.replace("contract: tiny", "contract: kubeglass");
    let scenarios = TINY_SCENARIOS.replace("contract: tiny", "contract: kubeglass");
    write_pack(folder.path(), "kubeglass", &contract, &scenarios);
    let list = in_folder(folder.path(), &["list", "kubeglass"]).exits(0);
    assert_eq!(list.stdout, "kubeglass::not_found::read_a_missing_thing\n");
    assert_eq!(
        list.stderr,
        "notice: kubeglass is the pack in schemas/kubeglass (`packs` in failspec.toml), not the built-in one\n"
    );
    // Whoever gives the folder knows it.
    let given = in_folder(folder.path(), &["list", "kubeglass", "--packs", "."]).exits(0);
    assert_eq!((given.stdout, given.stderr), (list.stdout, String::new()));
    // Two packs of one name in one: which of them is meant by a case or a waiver, nobody could tell.
    let contract = "contract: kubeglass\nas_of: 2026-01-31\nextends_pack: kubeglass\n";
    write_pack(folder.path(), "kubeglass", contract, "contract: kubeglass\nscenarios: {}\n");
    in_folder(folder.path(), &["lint", "kubeglass"])
        .exits(2)
        .says("schemas/kubeglass/contract.yaml:3:15")
        .says("`kubeglass` extends a pack of its own name: there would be two of them");
    // The reference implementations are those of the built-in packs.
    in_folder(folder.path(), &["run", "--reference", "kubeglass::conflict"]).exits(0).never_says("notice:");
}

#[test]
fn folder_called_schemas_alone_hides_no_built_in_pack() {
    let folder = tempfile::tempdir().unwrap();
    write_pack(folder.path(), "kubeglass", "nonsense", "nonsense");
    in_folder(folder.path(), &["list", "kubeglass"]).exits(0).says("kubeglass::conflict::");
    write_pack(folder.path(), "tiny", TINY_CONTRACT, TINY_SCENARIOS);
    in_folder(folder.path(), &["list", "tiny"])
        .exits(2)
        .says("schemas/tiny exists here: add --packs ., or `packs = \".\"` to failspec.toml");
    // Nor does a file without `packs`.
    fs::write(folder.path().join("failspec.toml"), "[target.a]\nurl = \"http://127.0.0.1:9\"\n").unwrap();
    in_folder(folder.path(), &["list", "kubeglass"]).exits(0).says("kubeglass::conflict::");
}

#[test]
fn packs_that_cannot_be_found_are_an_error_at_their_line() {
    for (config, place, message) in [
        ("packs = \"nowhere\"\n", "failspec.toml:1:9", "there are no packs in nowhere"),
        ("\npacks = 5\n", "failspec.toml:2:9", "expected text"),
        ("packs = \"\n", "failspec.toml:1", "not well-formed TOML"),
    ] {
        in_folder(project(config).path(), &["list"]).exits(2).says(place).says(message);
    }
    let folder = project("packs = \"sub/..\"\n");
    in_folder(folder.path(), &["list"]).exits(2).says("there are no packs in sub/..");
    fs::create_dir(folder.path().join("sub")).unwrap();
    in_folder(folder.path(), &["list"]).exits(0).says("tiny ");
}

#[test]
fn file_of_targets_is_found_up_to_the_repository_and_no_further() {
    let folder = project("packs = \".\"\n");
    let inner = folder.path().join("api/src");
    fs::create_dir_all(&inner).unwrap();
    in_folder(&inner, &["list"]).exits(0).says("tiny ");
    // The nearest one counts, as a whole.
    fs::write(folder.path().join("api/failspec.toml"), "").unwrap();
    in_folder(&inner, &["list"]).exits(0).says("kubeglass ").never_says("tiny ");
    fs::remove_file(folder.path().join("api/failspec.toml")).unwrap();
    // A repository is a project of its own.
    fs::create_dir(folder.path().join("api/.git")).unwrap();
    in_folder(&inner, &["list"]).exits(0).never_says("tiny ");
    fs::remove_dir(folder.path().join("api/.git")).unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    in_folder(&inner, &["list"]).exits(0).says("tiny ");
    // So is a home folder.
    let mut command = failspec(&inner);
    done(command.env("HOME", folder.path().join("api")).arg("list")).exits(0).never_says("tiny ");
}

#[test]
fn certificate_is_verified_against_no_pack_that_lies_around() {
    let folder = project("packs = \".\"\n");
    fs::write(folder.path().join("c.json"), "{}").unwrap();
    // The packs are read after the certificate, which is none: what counts is that the file is not read at all.
    fs::write(folder.path().join("failspec.toml"), "packs = 5\n").unwrap();
    in_folder(folder.path(), &["verify", "c.json"]).never_says("failspec.toml");
}
