//! Every scenario of every pack of this repository is one test.

fn main() -> std::process::ExitCode {
    failspec::harness::main()
}
