//! Writes the elements of JUnit as they come, so that a report of a hundred thousand cases is never held whole.

use std::{
    io::{self, Write},
    time::Duration,
};

use failspec_base::sanitize::{one_line, visible};
use failspec_judge::report_model::TestStatus;
use jiff::Timestamp;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};

/// RFC 3339 with milliseconds, as times have them.
const TIME_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.3f%:z";

/// The number of test cases of a suite, by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    tests: usize,
    skipped: usize,
    errors: usize,
    failures: usize,
}

impl Counts {
    pub fn of(statuses: impl Iterator<Item = TestStatus>) -> Self {
        let mut counts = Self::default();
        for status in statuses {
            counts.tests += 1;
            match status {
                TestStatus::Success => {}
                TestStatus::Failure => counts.failures += 1,
                TestStatus::Error => counts.errors += 1,
                TestStatus::Skipped => counts.skipped += 1,
            }
        }
        counts
    }

    pub fn and(self, other: Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            skipped: self.skipped + other.skipped,
            errors: self.errors + other.errors,
            failures: self.failures + other.failures,
        }
    }
}

/// The head of a suite.
#[derive(Debug)]
pub(super) struct Suite<'a> {
    pub name: &'a str,
    pub counts: Counts,
    pub started: &'a str,
    pub time: Duration,
}

/// One test case.
#[derive(Debug)]
pub(super) struct Test<'a> {
    pub name: &'a str,
    pub class: &'a str,
    /// `None` if it took no time of its own.
    pub time: Option<Duration>,
    /// The file that GitLab links to.
    pub file: Option<&'a str>,
    pub status: TestStatus,
    /// Its group in viewers, unless it passed.
    pub kind: &'a str,
    /// One line, unless it passed.
    pub message: &'a str,
    /// The whole account, unless it passed.
    pub description: &'a str,
    /// The output of a test that passed; empty for none.
    pub output: &'a str,
}

/// A document that is written element by element. Text of unknown origin is made visible here, and only here.
pub(super) struct Document<W: Write>(Writer<W>);

impl<W: Write> Document<W> {
    /// Begins a document with its first element.
    pub fn begin(out: W, name: &str, counts: Counts, time: Duration) -> io::Result<Self> {
        let mut document = Self(Writer::new_with_indent(out, b' ', 4));
        document.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let mut tag = BytesStart::new("testsuites");
        // Without `skipped`, which the schema of Jenkins' xUnit plugin has for `testsuite` alone.
        attribute(&mut tag, "name", name);
        for (name, count) in
            [("tests", counts.tests), ("failures", counts.failures), ("errors", counts.errors)]
        {
            attribute(&mut tag, name, &count.to_string());
        }
        attribute(&mut tag, "time", &seconds(time));
        document.0.write_event(Event::Start(tag))?;
        Ok(document)
    }

    /// Ends the document, and returns its writer.
    pub fn end(mut self) -> io::Result<W> {
        self.close("testsuites")?;
        self.0.write_indent()?;
        Ok(self.0.into_inner())
    }

    /// Begins a suite. It must have properties or test cases.
    pub fn begin_suite(&mut self, suite: &Suite<'_>) -> io::Result<()> {
        let Suite { name, counts, started, time } = suite;
        let mut tag = BytesStart::new("testsuite");
        attribute(&mut tag, "name", name);
        for (name, count) in [
            ("tests", counts.tests),
            ("skipped", counts.skipped),
            ("errors", counts.errors),
            ("failures", counts.failures),
        ] {
            attribute(&mut tag, name, &count.to_string());
        }
        if let Ok(started) = started.parse::<Timestamp>() {
            attribute(&mut tag, "timestamp", &started.strftime(TIME_FORMAT).to_string());
        }
        attribute(&mut tag, "time", &seconds(*time));
        self.0.write_event(Event::Start(tag))
    }

    pub fn end_suite(&mut self) -> io::Result<()> {
        self.close("testsuite")
    }

    /// Writes the properties of a suite.
    pub fn properties(&mut self, properties: &[(String, String)]) -> io::Result<()> {
        self.0.write_event(Event::Start(BytesStart::new("properties")))?;
        for (name, value) in properties {
            let mut tag = BytesStart::new("property");
            attribute(&mut tag, "name", name);
            attribute(&mut tag, "value", value);
            self.0.write_event(Event::Empty(tag))?;
        }
        self.close("properties")
    }

    pub fn test(&mut self, test: &Test<'_>) -> io::Result<()> {
        let mut tag = BytesStart::new("testcase");
        attribute(&mut tag, "name", test.name);
        attribute(&mut tag, "classname", test.class);
        if let Some(time) = test.time {
            attribute(&mut tag, "time", &seconds(time));
        }
        if let Some(file) = test.file {
            attribute(&mut tag, "file", file);
        }
        let element = match test.status {
            TestStatus::Success => None,
            TestStatus::Failure => Some("failure"),
            TestStatus::Error => Some("error"),
            TestStatus::Skipped => Some("skipped"),
        };
        if element.is_none() && test.output.is_empty() {
            return self.0.write_event(Event::Empty(tag));
        }
        self.0.write_event(Event::Start(tag))?;
        if let Some(element) = element {
            let mut tag = BytesStart::new(element);
            attribute(&mut tag, "message", test.message);
            attribute(&mut tag, "type", test.kind);
            self.text(tag, element, test.description)?;
        }
        if !test.output.is_empty() {
            self.text(BytesStart::new("system-out"), "system-out", test.output)?;
        }
        self.close("testcase")
    }

    fn text(&mut self, tag: BytesStart<'_>, element: &str, text: &str) -> io::Result<()> {
        self.0.write_event(Event::Start(tag))?;
        self.0.write_event(Event::Text(BytesText::new(&visible(text))))?;
        self.close(element)
    }

    fn close(&mut self, element: &str) -> io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(element)))
    }
}

/// Adds an attribute; its value is shown in one line.
fn attribute(tag: &mut BytesStart<'_>, name: &str, value: &str) {
    tag.push_attribute((name, &*one_line(value)));
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}
