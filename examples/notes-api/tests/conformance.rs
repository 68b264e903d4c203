use failspec::harness::Harness;

fn main() -> std::process::ExitCode {
    Harness::new()
        .packs("conformance")
        .serve(notes_api::serve)
        .bearer("reader", "sesame")
        .variable("note", "1")
        .main()
}
