//! Runs every scenario of every pack of this repository as one test.

fn main() -> std::process::ExitCode {
    failspec::harness::main()
}
