//! Names of packs with a version, such as `kubeadapt@2026-03::timeout::*`, and the packs of a run that they apply to.

use crate::pack::{Version, split_version};
use failspec_base::syntax::{Decoder, Node};

use super::{Config, Waiver, glob};

/// A pack of a run: its name and the requested version.
pub type RunPack<'p> = (&'p str, Option<&'p str>);

/// Checks that the text after an `@` is a version; otherwise the entry would never apply.
pub(super) fn check(node: &Node, text: &str, reader: &Decoder) {
    let (head, _) = parts(text);
    if let (name, Some(version)) = split_version(head)
        && Version::parse(version).is_none()
    {
        let hint = format!("a version is a year, a month or a day: {name}@2026-03");
        reader.error_hint(node.span, format!("`{}` is not a valid version", version.escape_debug()), hint);
    }
}

/// Splits a pattern into the name of the pack and the rest.
fn parts(pattern: &str) -> (&str, &str) {
    pattern.find("::").map_or((pattern, ""), |at| pattern.split_at(at))
}

/// Returns a pattern without its version, for each pack of the run that it applies to. Without a version it applies
/// to all packs.
fn in_run(pattern: &str, packs: &[RunPack<'_>]) -> Vec<String> {
    let (head, rest) = parts(pattern);
    let (name, Some(version)) = split_version(head) else { return vec![pattern.to_owned()] };
    let about = packs.iter().filter(|(pack, told)| *told == Some(version) && glob(name, pack));
    about.map(|(pack, _)| format!("{pack}{rest}")).collect()
}

impl Config {
    /// Keeps the entries that apply to a run of these packs: entries for other versions are removed, and the version
    /// is removed from entries for the version of the run.
    pub fn keep_versions(&mut self, packs: &[RunPack<'_>]) {
        for (name, version) in packs {
            let own = version.and_then(|version| self.target.urls.get(&format!("{name}@{version}")).cloned());
            if let Some(url) = own {
                self.target.urls.insert((*name).to_owned(), url);
            }
        }
        self.target.urls.retain(|name, _| split_version(name).1.is_none());
        for entry in &mut self.target.out_of_reach {
            entry.failures = entry.failures.iter().flat_map(|pattern| in_run(pattern, packs)).collect();
        }
        self.target.out_of_reach.retain(|entry| !entry.failures.is_empty());
        let waivers = std::mem::take(&mut self.waivers);
        self.waivers = waivers
            .into_iter()
            .flat_map(|waiver| {
                let about = in_run(&waiver.scenario, packs).into_iter();
                about.map(move |scenario| Waiver { scenario, ..waiver.clone() }).collect::<Vec<_>>()
            })
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::in_run;

    #[test]
    fn a_pattern_is_about_the_version_that_it_names() {
        let packs = [("tiny", Some("2026-03")), ("other", None)];
        assert_eq!(in_run("tiny@2026-03::a::*", &packs), ["tiny::a::*"]);
        assert_eq!(in_run("t*@2026-03::a", &packs), ["tiny::a"]);
        assert!(in_run("tiny@2026-04::a", &packs).is_empty());
        assert!(in_run("other@2026-03::a", &packs).is_empty());
        assert_eq!(in_run("*::a", &packs), ["*::a"]);
    }
}
