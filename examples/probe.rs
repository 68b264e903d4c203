fn main() {
    match failspec::pack::Pack::load(&failspec::pack::Files::Directory(".".into()), "kubeglass") {
        Ok(p) => println!(
            "{} failures, {} scenarios, {}",
            p.contract.failures.len(),
            p.scenarios.len(),
            p.digest
        ),
        Err(e) => println!("{e}"),
    }
}
