//! Progress of a run, on standard error.

use std::io::{IsTerminal, Write, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use failspec_judge::report_model::{CaseReport, Outcome};

use super::{styles::Styles, visible};

/// A bar with counts on a terminal, plain lines elsewhere.
#[derive(Debug)]
pub struct Progress {
    /// Only on a terminal: a bar that is not visible would still compute the remaining time.
    bar: Option<ProgressBar>,
    /// True if plain lines are written.
    plain: bool,
    total: usize,
    done: usize,
    failed: usize,
    inconclusive: usize,
    /// Number of tenths of the run that were reported in plain lines.
    told: usize,
}

impl Progress {
    /// Creates the progress of `total` cases.
    pub fn new(total: usize, quiet: bool) -> Self {
        let terminal = stderr().is_terminal() && !quiet;
        let bar = terminal.then(|| {
            let style = ProgressStyle::with_template("{bar:32} {pos}/{len} · {msg} · {eta} left");
            let bar =
                ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr_with_hz(12));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, plain: !terminal && !quiet, total, done: 0, failed: 0, inconclusive: 0, told: 0 }
    }

    /// Counts a case that has finished.
    pub fn case(&mut self, case: &CaseReport) {
        self.done += 1;
        match case.outcome {
            Outcome::Failed => self.failed += 1,
            Outcome::Inconclusive => self.inconclusive += 1,
            _ => {}
        }
        if let Some(bar) = &self.bar {
            bar.set_message(self.counts());
            bar.inc(1);
        }
        if self.plain {
            // A line for every tenth: enough to see progress in a CI log.
            let tenths = self.done * 10 / self.total.max(1);
            if tenths > self.told && self.total >= 200 {
                self.told = tenths;
                self.line(&format!("{}/{} · {}", self.done, self.total, self.counts()));
            }
        }
    }

    /// Shows a message to the person who waits.
    pub fn notice(&self, text: &str) {
        self.line(&Styles::dab(Styles::WARN, visible(text)));
    }

    /// Removes the bar when the run has finished.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn counts(&self) -> String {
        match (self.failed, self.inconclusive) {
            (0, 0) => "all as documented so far".to_owned(),
            (failed, 0) => format!("{failed} failed"),
            (failed, inconclusive) => format!("{failed} failed, {inconclusive} inconclusive"),
        }
    }

    /// Writes a line above the bar; a closed standard error is ignored.
    fn line(&self, text: &str) {
        let write = || {
            let _ = writeln!(super::stderr(), "{text}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}
