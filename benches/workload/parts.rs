//! The parts of a run, each on its own.

use std::{collections::HashMap, fs, io, path::Path, sync::Arc, time::Duration};

use failspec_base::{
    message::{Exchange, Header, Request, Response},
    secret::Mask,
    syntax::Source,
    template::{JsonTemplate, Scope, Template, VariableValue},
};
use failspec_engine::{Plan, RunOptions, Selectors, interrupt, run};
use failspec_judge::{
    check::{Observed, Phase, Record, Subject, judge},
    report_model::{RunReport, SnapshotState, Verdict, exit},
    snapshot::{Mode, NormalizedResponse, SnapshotFile, SnapshotStore, file_name, picture},
};
use failspec_lint::lint;
use failspec_pack::{
    pack::{Files, Pack, Texts},
    target_config::{Config, Target},
};
use failspec_report::{html, json, junit, markdown};
use serde_json::{Value, json};

use super::{
    Api,
    pack::{CONTRACT, body, failure, write},
};

/// A pack, its responses, and the report of a run: what each part of a run works on.
pub struct Parts {
    pack: Arc<Pack>,
    texts: Texts,
    target: Arc<Target>,
    responses: Vec<Observed>,
    approved: SnapshotStore,
    report: RunReport,
    folder: tempfile::TempDir,
    bodies: Vec<Value>,
    templates: (Template, JsonTemplate, Scope),
    mask: Mask,
}

impl Parts {
    /// A pack of `count` scenarios, run once on the API.
    ///
    /// # Panics
    /// When something of it goes wrong: there is nothing to measure then.
    pub fn new(count: usize, api: &Api) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), &api.url(), count).expect("a pack is written");
        let files = Files::Directory(folder.path().to_owned());
        let texts = files.read_pack(CONTRACT).expect("its files can be read");
        let pack = Arc::new(Pack::load(&files, CONTRACT).expect("it has no mistakes"));
        let target = Arc::new(target(folder.path()));
        let approved =
            SnapshotStore::folder(folder.path().join("approved").join(CONTRACT), Mode::Check, true);
        let responses: Vec<Observed> = (0..count).map(observed).collect();
        let bodies = (0..count).map(|number| response(number).document().value.clone().unwrap_or_default());
        let report = run_once(&pack, &target);
        assert_eq!(report.verdict, Verdict::Conforms, "the workload itself must be as documented");
        let template = Template::parse("/things/${unique}/${port}?of=${token}").expect("holes");
        let body =
            json!({"name": "a-${unique}", "port": "${port}", "tags": ["x", "${uuid}", {"t": "${token}"}]});
        let variables = HashMap::from([
            ("port".to_owned(), VariableValue::open(8080)),
            ("token".to_owned(), VariableValue::secret("a secret of the bench")),
        ]);
        let scope = Scope::new(Arc::new(variables), "failspec-bench-1");
        let mask = Mask::new();
        mask.add_value("a secret of the bench", "bench");
        Self {
            templates: (template, JsonTemplate::parse(&body).expect("holes"), scope),
            bodies: bodies.collect(),
            pack,
            texts,
            target,
            responses,
            approved,
            report,
            folder,
            mask,
        }
    }

    /// Reads the pack from texts that are at hand.
    pub fn read(&self) -> usize {
        let files = Files::Directory(self.folder.path().to_owned());
        let pack = Pack::from_texts(&files, CONTRACT, self.texts.clone()).expect("it has no mistakes");
        pack.scenarios.len()
    }

    /// Lints the pack.
    pub fn lint(&self) -> usize {
        lint(&self.pack).0.len()
    }

    /// Plans a run.
    pub fn plan(&self) -> usize {
        plan(&self.pack, &self.target).cases.len()
    }

    /// Fills a text and a JSON body, for each scenario.
    pub fn template(&self) -> usize {
        let (text, body, scope) = &self.templates;
        let fill = |_: &Observed| {
            let body = body.fill(scope).expect("all holes have values");
            text.fill(scope).expect("all holes have values").sent.len() + body.sent.to_string().len()
        };
        self.responses.iter().map(fill).sum()
    }

    /// Validates every body against the schema of the envelope.
    pub fn validate(&self) -> usize {
        let envelope = &self.pack.contract.envelope;
        let schema = &envelope.schema.as_ref().expect("the pack has a schema").rule;
        let fitting = self.bodies.iter().filter(|body| schema.misfits(body).is_empty()).count();
        assert_eq!(fitting, self.bodies.len());
        fitting
    }

    /// Identifies every response and holds every check against it.
    pub fn checks(&self) -> usize {
        let found = self.pack.scenarios.iter().zip(&self.responses).map(|(scenario, observed)| {
            let subject = Subject::new(&self.pack.contract, scenario, observed).expect("there is a response");
            judge(&subject).len()
        });
        let found: usize = found.sum();
        assert_eq!(found, 0);
        found
    }

    /// Makes the picture of every response and compares it with the approved one.
    pub fn snapshots(&self) -> usize {
        let same = self.pack.scenarios.iter().zip(&self.responses).filter(|(scenario, observed)| {
            let failure = &self.pack.contract.failures[scenario.failure.expect("a failure")];
            let response = observed.records[0].exchange.result.as_ref().expect("there is a response");
            let now = SnapshotFile {
                source: scenario.place.source.name().to_owned(),
                expression: scenario.name.clone(),
                contents: picture(NormalizedResponse {
                    item: None,
                    response,
                    failure,
                    own_values: &[],
                    mask: &self.mask,
                }),
            };
            let name = file_name(&failure.id, &scenario.name, None);
            let found = self.approved.compare(&name, &now, true).expect("it can be read");
            found.is_some_and(|found| found.state == SnapshotState::Same)
        });
        let same = same.count();
        assert_eq!(same, self.responses.len());
        same
    }

    /// Masks every body.
    pub fn mask(&self) -> usize {
        let text = |observed: &Observed| match &observed.records[0].exchange.result {
            Ok(response) => self.mask.text(&response.text_lossy()).len(),
            Err(_) => 0,
        };
        self.responses.iter().map(text).sum()
    }

    /// The whole run, on a runtime of this thread alone.
    pub fn run(&self) -> usize {
        run_once(&self.pack, &self.target).cases.len()
    }

    /// The JSON report.
    pub fn json(&self) -> usize {
        written(|out| json::write(&self.report, out))
    }

    /// The JUnit report.
    pub fn junit(&self) -> usize {
        written(|out| junit::write(&self.report, junit::Dialect::default(), out))
    }

    /// The HTML report.
    pub fn html(&self) -> usize {
        written(|out| html::write(&self.report, out))
    }

    /// The Markdown report.
    pub fn markdown(&self) -> usize {
        written(|out| markdown::write(&self.report, out))
    }
}

/// Counts what is written and keeps nothing of it.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(write: impl FnOnce(&mut Count) -> io::Result<()>) -> usize {
    let mut count = Count(0);
    write(&mut count).expect("counting does not fail");
    count.0
}

fn target(folder: &Path) -> Target {
    let path = folder.join("failspec.toml");
    let text = fs::read_to_string(&path).expect("it was just written");
    let source = Source::new("failspec.toml", text);
    Config::read(&source, None, folder).expect("it has no mistakes").target
}

fn plan(pack: &Arc<Pack>, target: &Arc<Target>) -> Plan {
    Plan::new(Arc::clone(pack), Arc::clone(target), &Selectors::default(), 0)
}

fn run_once(pack: &Arc<Pack>, target: &Arc<Target>) -> RunReport {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let options = RunOptions { snapshots: Mode::Check, in_ci: true, ..RunOptions::default() };
    let (_interrupter, interrupt) = interrupt();
    let report = runtime.block_on(run(vec![plan(pack, target)], options, interrupt, Arc::new(|_| {})));
    let report = report.expect("there is a client");
    assert_eq!(report.verdict.exit_code(), exit::CONFORMS);
    report
}

fn response(number: usize) -> Response {
    let (_, status, _) = failure(number);
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("content-type", "application/json".parse().expect("a header value"));
    if status == 401 {
        headers.insert("www-authenticate", "Bearer".parse().expect("a header value"));
    }
    Response::new(status, headers, body(number, "this did not go well", &format!("req-{number:016x}")))
}

fn observed(number: usize) -> Observed {
    let url: url::Url = format!("http://127.0.0.1:8080/things/{number}").parse().expect("a URL");
    let trace = format!("trace-{number}");
    let request = Request { headers: vec![Header::open("X-Trace", trace)], ..Request::new("GET", url) };
    let exchange = Exchange {
        request,
        result: Ok(response(number)),
        elapsed: Duration::from_micros(300),
        connection: None,
        resent: false,
    };
    let (phase, role) = (Phase::Request, None);
    let record = Record { phase, role, exchange, rerun: None, completed: None, same_as: None };
    Observed { records: vec![record], ..Observed::default() }
}
