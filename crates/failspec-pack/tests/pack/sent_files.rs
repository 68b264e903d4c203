//! Requests that send files of the pack, alone or in a form.

use failspec_pack::pack::{BodyTemplate, Files, Pack, PartContent, RequestPart};

const CONTRACT: &str = "\
contract: t
as_of: 2026-01-01
envelope: { code: /code }
failures:
  - { id: invalid, status: 422, code: invalid, summary: It is invalid }
";

/// Loads a pack from a folder with a picture, of which `request` has the body and `control` the change.
fn load(request: &str, control: &str, picture: &[u8]) -> Result<Pack, String> {
    let name = format!("failspec-sent-{}-{:?}", std::process::id(), std::thread::current().id());
    let place = std::env::temp_dir().join(name.replace(['(', ')'], ""));
    let scenario = format!(
        "contract: t\nscenarios:\n  a:\n    triggers: invalid\n    request: POST /notes\n    {request}\n    control: {{ {control} }}\n"
    );
    for (path, bytes) in [
        ("schemas/t/contract.yaml", CONTRACT.as_bytes()),
        ("scenarios/t/a.yaml", scenario.as_bytes()),
        ("scenarios/t/fixtures/a.png", picture),
        ("scenarios/t/rows.json", b"{}"),
        ("secret.txt", b"secret"),
    ] {
        let path = place.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    #[cfg(unix)]
    let _ = std::os::unix::fs::symlink("/etc/hostname", place.join("scenarios/t/link"));
    let pack = Pack::load(&Files::Directory(place.clone()), "t").map_err(|error| error.to_string());
    std::fs::remove_dir_all(&place).unwrap();
    pack.map_err(|error| error.replace(place.to_str().unwrap(), ""))
}

#[test]
fn a_file_is_the_body_and_a_part_of_the_digest() {
    let file = "file: { path: fixtures/a.png, media_type: image/png }";
    let pack = load(file, "file: rows.json", b"\x89PNG").unwrap();
    let scenario = &pack.scenarios[0];
    let Some(BodyTemplate::File { file: sent, media_type }) = scenario.faulty.request.body.as_deref() else {
        panic!("{:?}", scenario.faulty.request.body)
    };
    assert_eq!((&*sent.bytes, media_type.as_deref()), (&b"\x89PNG"[..], Some("image/png")));
    assert_eq!(sent.file_name(), "a.png");
    assert!(scenario.other_files.iter().any(|file| file.ends_with("a.png")), "{:?}", scenario.other_files);
    assert_eq!(pack.digest, load(file, "file: rows.json", b"\x89PNG").unwrap().digest);
    assert_ne!(pack.digest, load(file, "file: rows.json", b"\x89PNH").unwrap().digest);
}

#[test]
fn a_form_has_parts_whose_differences_are_the_fault() {
    let form = "multipart: [ { name: note, json: { a: 1 } }, { name: picture, file: fixtures/a.png, media_type: image/png } ]";
    let pack = load(
        form,
        "multipart: [ { name: note, json: { a: 1 } }, { name: picture, text: x, filename: a.png } ]",
        b"x",
    )
    .unwrap();
    let scenario = &pack.scenarios[0];
    let Some(BodyTemplate::Multipart(parts)) = scenario.faulty.request.body.as_deref() else { panic!() };
    assert_eq!(parts[0].media_type.as_deref(), Some("application/json"));
    assert!(matches!(&parts[1].content, PartContent::File(file) if &*file.bytes == b"x"));
    let parts = failspec_pack::pack::faulty_parts(&scenario.faulty.request, &scenario.control, None);
    assert_eq!(parts.into_iter().collect::<Vec<_>>(), [RequestPart::Body("/picture".to_owned())]);
}

#[test]
fn what_cannot_be_sent_is_an_error_at_its_place() {
    for (request, told) in [
        ("file: fixtures/b.png", "6:11"),
        ("file: ../../secret.txt", "6:11"),
        ("file: /etc/hostname", "6:11"),
        ("file: link", "6:11"),
        ("file: { path: fixtures/a.png, media_type: png }", "6:47"),
        ("multipart: []", "6:16"),
        ("multipart: [ { name: a } ]", "6:18"),
        ("multipart: [ { name: a, text: b, json: c } ]", "6:18"),
        ("multipart: [ { name: a, file: c.png } ]", "6:35"),
        ("multipart: [ { name: a, text: \"${nobody}\" } ]", "6:35"),
        ("multipart: [ { name: a, text: b } ]\n    text: c", "6:5"),
    ] {
        let error = load(request, "file: fixtures/a.png", b"x").unwrap_err();
        assert!(error.contains(&format!("a.yaml:{told}")), "{request}: {error}");
    }
    let error = load("file: fixtures/b.png", "file: fixtures/a.png", b"x").unwrap_err();
    assert!(error.contains("fixtures/a.png"), "{error}");
}
