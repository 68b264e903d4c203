//! `--shard`: a part of a run, given or read from what the CI sets by itself.

use std::{env, str::FromStr};

use failspec_judge::report_model::Shard;

use super::error::CliError;

/// The value of `--shard`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardOption {
    /// `auto`: from the variables of the CI.
    Auto,
    /// `K/N`.
    Given(Shard),
}

impl FromStr for ShardOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        text.parse().map(Self::Given).map_err(|error: failspec_judge::report_model::ShardError| {
            format!("{error}, or `auto` in a parallel job of GitLab, CircleCI, Buildkite or Kubernetes")
        })
    }
}

/// The variables that a CI sets in each of its parallel jobs.
struct Variables {
    /// Number of this job.
    index: &'static str,
    /// The number of the first job.
    first: u32,
    /// Number of jobs; `None` if the CI does not say.
    total: Option<&'static str>,
}

const CI: [Variables; 4] = [
    // GitLab. Without `parallel` it sets the total, 1, alone.
    Variables { index: "CI_NODE_INDEX", first: 1, total: Some("CI_NODE_TOTAL") },
    // CircleCI.
    Variables { index: "CIRCLE_NODE_INDEX", first: 0, total: Some("CIRCLE_NODE_TOTAL") },
    // Buildkite.
    Variables { index: "BUILDKITE_PARALLEL_JOB", first: 0, total: Some("BUILDKITE_PARALLEL_JOB_COUNT") },
    // An Indexed Job of Kubernetes.
    Variables { index: "JOB_COMPLETION_INDEX", first: 0, total: None },
];

/// Returns the shard to run; `None` for a whole run.
///
/// # Errors
/// When `auto` finds no variables, or what they say is no shard.
pub(super) fn shard(option: Option<ShardOption>, total: Option<u32>) -> Result<Option<Shard>, CliError> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    match option {
        None => Ok(None),
        Some(ShardOption::Auto) => from_variables(total, variable).map(Some),
        Some(ShardOption::Given(_)) if total.is_some() => Err(CliError::usage_hint(
            "--shard-total is only for --shard auto",
            "write the total after the number: --shard K/N",
        )),
        Some(ShardOption::Given(shard)) => Ok(Some(shard)),
    }
}

fn from_variables(given: Option<u32>, variable: impl Fn(&str) -> Option<String>) -> Result<Shard, CliError> {
    for ci in &CI {
        let told = ci.total.and_then(&variable);
        let index = match (variable(ci.index), ci.total, &told) {
            (Some(index), None, _) | (Some(index), _, Some(_)) => index,
            // A job that is not parallel.
            (None, _, Some(total)) if total == "1" => ci.first.to_string(),
            _ => continue,
        };
        let total = match (told, given) {
            (Some(told), Some(given)) if told != given.to_string() => {
                return Err(CliError::usage_hint(
                    format!(
                        "--shard-total is {given}, but {} is {told}: cases would be run twice, or by nobody",
                        ci.total.unwrap_or_default()
                    ),
                    "omit --shard-total",
                ));
            }
            (Some(told), _) => told,
            (None, Some(given)) => given.to_string(),
            (None, None) => {
                return Err(CliError::usage_hint(
                    format!(
                        "--shard auto: {} says which shard this is, and not how many there are",
                        ci.index
                    ),
                    "add --shard-total N, with the `completions` of the Job",
                ));
            }
        };
        let number = index.parse::<u32>().ok().and_then(|index| index.checked_add(1)?.checked_sub(ci.first));
        let shard = number.and_then(|number| format!("{number}/{total}").parse().ok());
        return shard.ok_or_else(|| {
            let first = ci.first;
            CliError::usage(format!(
                "--shard auto: {} = {index} is not the number of one of {total} shards, from {first}",
                ci.index
            ))
        });
    }
    let names: Vec<&str> = CI.iter().map(|ci| ci.index).collect();
    Err(CliError::usage_hint(
        format!("--shard auto: none of {} is set", names.join(", ")),
        "in GitHub Actions, pass the matrix: --shard ${{ matrix.shard }}/3",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the shard that these variables give, or the error.
    fn auto(total: Option<u32>, variables: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        from_variables(total, variable).map_or_else(|error| error.to_string(), |shard| shard.to_string())
    }

    #[test]
    fn shard_auto_counts_as_each_ci_does() {
        for (total, variables, shard) in [
            (None, &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "3")][..], "1/3"),
            (None, &[("CI_NODE_INDEX", "3"), ("CI_NODE_TOTAL", "3")], "3/3"),
            (None, &[("CI_NODE_TOTAL", "1")], "1/1"),
            (None, &[("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "4")], "1/4"),
            (None, &[("CIRCLE_NODE_INDEX", "3"), ("CIRCLE_NODE_TOTAL", "4")], "4/4"),
            (None, &[("BUILDKITE_PARALLEL_JOB", "1"), ("BUILDKITE_PARALLEL_JOB_COUNT", "2")], "2/2"),
            (Some(4), &[("JOB_COMPLETION_INDEX", "0")], "1/4"),
            (Some(4), &[("JOB_COMPLETION_INDEX", "3")], "4/4"),
            (Some(3), &[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "3")], "2/3"),
        ] {
            assert_eq!(auto(total, variables), shard, "{variables:?}");
        }
    }

    #[test]
    fn shard_auto_never_guesses() {
        for (total, variables, part) in [
            (None, &[][..], "none of CI_NODE_INDEX"),
            (None, &[("JOB_COMPLETION_INDEX", "0")], "not how many"),
            (Some(2), &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "3")], "run twice, or by nobody"),
            (Some(3), &[("JOB_COMPLETION_INDEX", "3")], "from 0"),
            (None, &[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "3")], "from 1"),
            (None, &[("CI_NODE_INDEX", "4294967295"), ("CI_NODE_TOTAL", "3")], "from 1"),
            (None, &[("CI_NODE_INDEX", "x"), ("CI_NODE_TOTAL", "3")], "x is not the number"),
            (None, &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "x")], "one of x shards"),
            (None, &[("CI_NODE_TOTAL", "3")], "none of"),
        ] {
            let error = auto(total, variables);
            assert!(error.contains(part), "{variables:?}: {error}");
        }
    }
}
