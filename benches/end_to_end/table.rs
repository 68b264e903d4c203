//! Measurements as a table in Markdown.

use std::{fmt, time::Duration};

use super::{
    process::Cost,
    runners::{Kind, Runner},
};

/// Sections in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Table(Vec<Section>);

#[derive(Debug)]
struct Section {
    title: &'static str,
    scenarios: usize,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    kind: Kind,
    costs: Vec<Cost>,
}

impl Table {
    /// Begins a section; later measurements belong to it.
    pub fn section(&mut self, title: &'static str, scenarios: usize) {
        self.0.push(Section { title, scenarios, rows: Vec::new() });
    }

    /// One round of one runner.
    pub fn note(&mut self, runner: &Runner, cost: Cost) {
        let Some(section) = self.0.last_mut() else { return };
        match section.rows.iter_mut().find(|row| row.name == runner.name) {
            Some(row) => row.costs.push(cost),
            None => {
                section.rows.push(Row { name: runner.name.clone(), kind: runner.kind, costs: vec![cost] });
            }
        }
    }
}

impl Row {
    fn fastest(&self) -> Duration {
        self.costs.iter().map(|cost| cost.wall).min().unwrap_or_default()
    }

    fn median(&self) -> Duration {
        let mut walls: Vec<Duration> = self.costs.iter().map(|cost| cost.wall).collect();
        walls.sort();
        walls.get(walls.len() / 2).copied().unwrap_or_default()
    }

    fn peak(&self) -> u64 {
        self.costs.iter().map(|cost| cost.peak).max().unwrap_or_default()
    }
}

impl Section {
    /// The time of the first row of that kind whose name begins so.
    fn time_of(&self, name: &str) -> Option<Duration> {
        self.rows.iter().find(|row| row.name == name).map(Row::fastest)
    }

    /// The fastest hurl without a report.
    fn rival(&self) -> Option<Duration> {
        let plain = self.rows.iter().filter(|row| row.kind == Kind::Rival && !row.name.contains(','));
        plain.map(Row::fastest).min()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for section in &self.0 {
            writeln!(f, "\n### {}\n", section.title)?;
            writeln!(
                f,
                "| runner | fastest | median | each | peak memory | × reqwest loop | × oha | × best hurl | × hurl HTML |"
            )?;
            writeln!(f, "|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
            let others = [
                section.time_of("a bare reqwest loop"),
                section.time_of("oha, no checks"),
                section.rival(),
                section.time_of("hurl --jobs 16, HTML"),
            ];
            for row in &section.rows {
                let time = row.fastest();
                write!(f, "| {} | {} | {} |", row.name, seconds(time), seconds(row.median()))?;
                write!(f, " {:.0} µs |", time.as_secs_f64() * 1e6 / section.scenarios as f64)?;
                match row.peak() {
                    0 => write!(f, " – |")?,
                    peak => write!(f, " {:.0} MiB |", peak as f64 / 1024.0)?,
                }
                for other in others {
                    match other {
                        Some(other) => write!(f, " {:.2} |", time.as_secs_f64() / other.as_secs_f64())?,
                        None => write!(f, " – |")?,
                    }
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        long if long >= 1.0 => format!("{long:.2} s"),
        short => format!("{:.1} ms", short * 1e3),
    }
}
