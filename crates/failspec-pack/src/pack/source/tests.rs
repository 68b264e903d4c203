//! Everything that is written is read as the same values.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use failspec_base::syntax::{MappingSchema, Source};

use super::super::{
    Control, Files, Pack, Part, Pointer, Provenance, Retry, RetryAfterLocation, Scenario, Stability,
    StatusPattern, Step, Variable,
};
use super::*;

/// The keys of a type, and the mapping schema of the loader.
pub(super) trait Keys {
    const SHAPE: &'static MappingSchema;

    fn keys() -> Vec<&'static str>;
}

fn same_keys<T: Keys>() {
    let mut known: Vec<&str> = T::SHAPE.keys().map(|field| field.name).collect();
    let mut own = T::keys();
    known.sort_unstable();
    own.sort_unstable();
    assert_eq!(own, known, "{}", T::SHAPE.name);
}

#[test]
fn keys_are_those_of_the_loader() {
    same_keys::<ContractSource>();
    same_keys::<SuccessSource>();
    same_keys::<RequiresSource>();
    same_keys::<ProfileSource>();
    same_keys::<CleanupSource>();
    same_keys::<EnvelopeSource>();
    same_keys::<InferredEnvelopeSource>();
    same_keys::<FailureSource>();
    same_keys::<InferredSource>();
    same_keys::<ScenarioFileSource>();
    same_keys::<ScenarioSource>();
    same_keys::<ControlSource>();
    same_keys::<IndistinguishableFromSource>();
    same_keys::<StepSource>();
    same_keys::<ExpectSource>();
    same_keys::<AtSource>();
    same_keys::<RepeatSource>();
}

fn parse<T: FileDocument>(text: &str) -> T {
    T::parse(&Source::new("test.yaml", text))
        .unwrap_or_else(|mistakes| panic!("{}\n{text}", mistakes.render(false)))
}

/// Writes a value and reads it again.
fn round_trip<T: FileDocument + PartialEq + std::fmt::Debug + Clone>(value: &T) -> String {
    let text = Commented { value: value.clone(), comments: Comments::default() }.to_yaml();
    let read: T = parse(&text);
    assert_eq!(read, *value, "\n{text}");
    text
}

#[test]
fn built_in_packs_are_written_and_loaded_again() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let files = Files::Directory(root.into());
    let packs = files.packs().unwrap();
    assert!(packs.len() >= 5, "{packs:?}");
    for name in &packs {
        let pack = Pack::load(&files, name).unwrap();
        let mut texts = (*pack.texts).clone();
        let mut written = 0;
        for (path, text) in &mut texts {
            if path.starts_with("scenarios/") {
                *text = round_trip(&parse::<ScenarioFileSource>(text));
            } else if path.ends_with("/contract.yaml") {
                *text = round_trip(&parse::<ContractSource>(text));
            } else {
                continue;
            }
            written += 1;
        }
        assert!(written > 1, "{name}");
        let again = Pack::from_texts(&files, name, texts).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(contract_of(&again), contract_of(&pack));
        let scenarios = |pack: &Pack| pack.scenarios.iter().map(|it| scenario_of(it)).collect::<Vec<_>>();
        assert_eq!(scenarios(&again), scenarios(&pack), "{name}");
    }
}

/// Everything in a contract but locations and compiled schemas.
fn contract_of(pack: &Pack) -> Vec<String> {
    let contract = &pack.contract;
    let mut parts = vec![
        format!("{:?}", (&contract.name, contract.as_of, &contract.documentation)),
        format!("{:?}", (&contract.documentation_digest, contract.codes_open, &contract.secrets)),
        format!("{:?}", (&contract.roles, &contract.variables, &contract.conditions, &contract.operations)),
        format!("{:?}", (&contract.stability, &contract.cleanup, &contract.errata, &contract.health_check)),
        format!("{:?}", contract.profiles.iter().map(|it| (&it.name, &it.required)).collect::<Vec<_>>()),
    ];
    for success in &contract.success {
        let matches: Vec<_> = success.matches.iter().map(|(at, schema)| (at, &schema.value)).collect();
        parts.push(format!("{:?} {matches:?}", success.status));
    }
    for failure in contract.failures.iter().chain(&contract.not_in_force) {
        let (rules, envelope) = (&failure.rules, &failure.envelope);
        parts.push(format!("{:?}", (&failure.id, &failure.summary, &failure.documentation, failure.source)));
        parts.push(format!("{:?}", (failure.retry, &failure.causes, &failure.condition, &failure.excluded)));
        parts.push(format!("{:?}", (failure.refusal_optional, failure.leaks_forbidden, &failure.varies)));
        parts.push(format!(
            "{:?}",
            (failure.period, &rules.status, &rules.statuses, &rules.code, &rules.codes)
        ));
        parts
            .push(format!("{:?}", (&rules.retry_after, &envelope.code, &envelope.message, &envelope.status)));
        parts.push(format!("{:?}", (&envelope.media_type, envelope.body_optional)));
        let id = envelope.request_id.as_ref().map(|id| {
            let pattern = id.rule.pattern.as_ref().map(|pattern| &pattern.value);
            (&id.rule.pointer, &id.rule.header, pattern, id.source)
        });
        let schema = envelope.schema.as_ref().map(|schema| (&schema.rule.value, schema.source));
        let schemas: Vec<_> = rules.schema.iter().map(|it| (&it.rule.value, it.source)).collect();
        let matches: Vec<_> =
            rules.matches.iter().map(|it| (&it.rule.0, &it.rule.1.value, it.source)).collect();
        let headers: Vec<_> =
            rules.headers.iter().map(|it| (&it.rule.name, &it.rule.schema.value, it.source)).collect();
        parts.push(format!("{id:?} {schema:?} {schemas:?} {matches:?} {headers:?}"));
    }
    parts
}

/// Everything in a scenario but locations and compiled schemas.
fn scenario_of(scenario: &Scenario) -> Vec<String> {
    let mut parts = vec![
        format!("{:?}", (&scenario.name, scenario.failure, scenario.cause, scenario.source)),
        format!("{:?}", (&scenario.documentation, &scenario.locks, &scenario.condition, &scenario.rows)),
        format!("{:?}", scenario.indistinguishable_from.as_ref().map(|it| (&it.request, it.source))),
        expected(scenario.expect_inferred.as_deref()),
    ];
    let controls = match &scenario.control {
        Control::Flow(flow) => Some(&**flow),
        Control::Impossible(reason) => {
            parts.push(reason.clone());
            None
        }
        Control::Missing => None,
    };
    for flow in [&scenario.faulty].into_iter().chain(controls) {
        parts.push(format!("{:?} {:?}", flow.request, flow.repeat));
        parts.push(expected(flow.expect.as_deref()));
        parts.push(format!("{:?}", flow.at.as_ref().map(|at| (&at.items, schemas(&at.filter)))));
    }
    for (part, Step { request, inherits_role, expect, capture, until, within, wait, at_most, resend, .. }) in
        scenario.steps()
    {
        parts.push(format!("{part} {request:?} {inherits_role} {capture:?} {within:?} {wait:?}"));
        parts.push(format!("{at_most:?} {resend} {}", expected(Some(expect))));
        parts.push(expected(until.as_ref()));
    }
    parts
}

fn expected(expect: Option<&crate::pack::Expect>) -> String {
    let expect = expect.map(|expect| {
        let headers: Vec<_> = expect.headers.iter().map(|it| (&it.name, &it.schema.value)).collect();
        (&expect.status, expect.failure, headers, schemas(&expect.body))
    });
    format!("{expect:?}")
}

fn schemas(schemas: &[(Pointer, crate::pack::SchemaTemplate)]) -> Vec<String> {
    let value = |schema: &crate::pack::SchemaTemplate| match schema {
        crate::pack::SchemaTemplate::Constant(schema) => schema.value.to_string(),
        crate::pack::SchemaTemplate::Holes(template, _) => format!("{template:?}"),
    };
    schemas.iter().map(|(at, schema)| format!("{at:?} {}", value(schema))).collect()
}

/// Texts that some reader of YAML takes for something else.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "  ",
        "no",
        "No",
        "yes",
        "on",
        "off",
        "y",
        "n",
        "true",
        "TRUE",
        "null",
        "Null",
        "~",
        "1.0",
        "1.10",
        "007",
        "0x1F",
        "0o17",
        "1e3",
        ".inf",
        "-.inf",
        ".nan",
        "+1",
        "1_000",
        "404",
        "-1",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "12:30:45",
        " leading",
        "trailing ",
        "\tTab",
        "a\tb",
        "#",
        "# c",
        "a #b",
        "a# b",
        "a: b",
        "a:b",
        ": ",
        ":",
        "a:",
        "- a",
        "-",
        "--- ",
        "---",
        "...",
        "? a",
        "?",
        "{a}",
        "[b]",
        "{",
        "}",
        "[",
        "]",
        ",",
        "a, b",
        "a,b",
        "*c",
        "&d",
        "!e",
        "!!str x",
        "|",
        "|2",
        ">",
        ">-",
        "%f",
        "%YAML 1.2",
        "@g",
        "`h`",
        "\"quoted\"",
        "it's",
        "'single'",
        "\\",
        "\\n",
        "\\u0000",
        "line\nline",
        "line\r\nline",
        "\n",
        "\r",
        "a\n",
        "\n\n# x",
        "\u{0}",
        "\u{1b}[31m",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{9f}b",
        "\u{a0}",
        "é\u{2028}ü",
        "\u{2029}",
        "\u{202e}abc",
        "\u{2066}x\u{2069}",
        "\u{feff}bom",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10ffff}",
        "😀",
        "日本語",
        "e\u{301}",
        "é, ü",
        "${x}",
        "$${x}",
        "{{x}}",
        "/a/b",
        "/a b/c",
        "/a: b",
        "…",
        "/…",
        "<<",
        "=",
        "a  b",
        "Resource not found",
        "https://example.com/a?b=c#d",
        "a/b",
        "x=1",
        "a\\",
        "\"",
        "key: [",
        "a ? b",
        "a - b",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend(["x".repeat(5_000), "x".repeat(1_023), "\"".repeat(1_020), "word ".repeat(3_000)]);
    texts
}

/// A scenario that has a text at every place where a file can have one.
fn scenario_with(text: &str, value: &Value) -> ScenarioSource {
    let named = || Parameters::Named(vec![(text.to_owned(), ParameterValue::One(text.into()))]);
    let mut request = RequestSource {
        line: Some(text.to_owned()),
        role: Some(Override::Set(text.to_owned())),
        path: named(),
        query: Parameters::Named(vec![
            (text.to_owned(), ParameterValue::Several(vec![text.into(), json!(1), json!(true)])),
            (format!("{text}2"), ParameterValue::Removed),
        ]),
        headers: named(),
        body: Some(BodySource::Json(json!({ text: value, "list": [text, [text], { text: text }] }))),
    };
    let step = StepSource {
        wait: Some(text.to_owned()),
        resend: true,
        request: request.clone(),
        capture: vec![("id".to_owned(), CaptureSource { part: Part::Header(text.to_owned()), secret: true })],
        expect: Some(ExpectSource {
            status: vec![StatusPattern::Exactly(201), StatusPattern::Class(4)].into(),
            failure: Some(text.to_owned()),
            headers: vec![(text.to_owned(), value.clone().into())],
            body: Vec::new(),
        }),
        ..StepSource::default()
    };
    request.body = Some(BodySource::Form(vec![(text.to_owned(), text.into())]));
    ScenarioSource {
        triggers: TriggerSource { failure: "not_found".to_owned(), cause: Some("gone".to_owned()) },
        documentation: Some(text.to_owned()),
        source: Some(Provenance::Inferred),
        locks: vec![text.to_owned(), text.to_owned()],
        each: vec![("row".to_owned(), vec![(text.to_owned(), value.clone())])],
        setup: vec![step.clone(), StepSource { wait: Some("1s".to_owned()), ..StepSource::default() }],
        request,
        repeat: Some(RepeatSource { times: text.into(), until_triggered: true }),
        control: Some(Box::new(ControlSource {
            setup: Some(Override::Removed),
            request: RequestSource {
                body: Some(BodySource::Text(text.to_owned())),
                ..RequestSource::to(text)
            },
            at: Some(Override::Removed),
            ..ControlSource::default()
        })),
        no_control: Some(text.to_owned()),
        teardown: vec![step],
        ..ScenarioSource::default()
    }
}

/// A contract that has a text at every place where a file can have one.
fn contract_with(text: &str, value: &Value) -> ContractSource {
    let own = Some(text.to_owned());
    let schema = || SchemaSource::Inline(json!({ "const": value, text: [text] }));
    let pointer = Pointer::parse(&format!("/{}", text.replace('~', "~0").replace('/', "~1"))).unwrap();
    ContractSource {
        name: text.to_owned(),
        as_of: "2026-01-31".parse().unwrap(),
        documentation: own.clone(),
        openapi: own.clone(),
        success: vec![SuccessSource {
            status: vec![StatusPattern::Class(2)].into(),
            matches: vec![(pointer.clone(), schema())],
        }]
        .into(),
        envelope: Some(EnvelopeSource {
            schema: Some(Override::Set(SchemaSource::File(text.to_owned()))),
            code: Some(Override::Set(pointer.clone())),
            request_id: Some(Override::Set(RequestIdSource {
                header: own.clone(),
                ..pointer.clone().into()
            })),
            body: Some(Demand::Optional),
            inferred: Some(InferredEnvelopeSource {
                message: Some(pointer.clone()),
                ..InferredEnvelopeSource::default()
            }),
            ..EnvelopeSource::default()
        }),
        codes: Some(Codes::Closed),
        secrets: vec![pointer.clone()],
        requires: Some(RequiresSource {
            roles: vec![(text.to_owned(), text.to_owned())],
            variables: vec![
                ("one".to_owned(), Variable { about: text.to_owned(), default: Some(value.clone()) }),
                ("two".to_owned(), Variable { about: text.to_owned(), default: None }),
            ],
            conditions: Vec::new(),
        }),
        operations: vec![(
            text.to_owned(),
            OperationSource { request: text.to_owned(), source: Some(Provenance::Published) },
        )],
        health_check: Some(RequestSource::to(text)),
        failures: vec![FailureSource {
            id: text.to_owned(),
            status: vec![404, 410].into(),
            code: Some(text.into()),
            codes: vec![text.into(), json!(7)],
            summary: text.to_owned(),
            envelope: Some(EnvelopeSource { schema: Some(Override::Removed), ..EnvelopeSource::default() }),
            causes: vec![text.to_owned()],
            retry: Some(Retry::AfterDelay),
            headers: vec![(text.to_owned(), schema())],
            retry_after: vec![RetryAfterLocation { part: Part::Body(pointer.clone()), unix: true }].into(),
            varies: vec![Part::Header(text.to_owned()), Part::Body(pointer.clone())].into(),
            leaks: Some(Leaks::Forbidden),
            refusal: Some(Demand::Optional),
            inferred: Some(Box::new(InferredSource {
                code: Some("any".into()),
                ..InferredSource::default()
            })),
            ..FailureSource::default()
        }],
        profiles: vec![("some".to_owned(), ProfileSource { about: own, required: vec![text.to_owned()] })],
        stability: vec![("failure_added".to_owned(), Stability::Breaking)],
        errata: vec![crate::pack::Erratum { about: text.to_owned(), links: vec![text.to_owned()] }],
        ..ContractSource::default()
    }
}

fn file_with(text: &str, value: &Value) -> ScenarioFileSource {
    let scenario = scenario_with(text, value);
    ScenarioFileSource { contract: text.to_owned(), scenarios: vec![(text.to_owned(), scenario)] }
}

#[test]
fn every_text_is_read_as_it_was_written() {
    for text in texts() {
        round_trip(&file_with(&text, &Value::from(text.as_str())));
        round_trip(&contract_with(&text, &Value::from(text.as_str())));
    }
}

/// Comments from a document stay comments: they end no line, and change no value.
#[test]
fn comments_never_become_values() {
    for text in texts() {
        for text in
            [text.clone(), format!("a\n{text}"), format!("{text}\r\nfailures: []"), format!("\u{2028}{text}")]
        {
            let value = contract_with("x", &json!(1));
            let mut comments = Comments::default();
            comments.head(text.clone());
            let mut disabled = Comments::default();
            disabled.before("/id", text.clone());
            disabled.beside("/summary", text.clone());
            let failure = &contract_with(&text, &json!(1)).failures[0];
            for at in
                ["/contract", "/success", "/envelope/code", "/failures", "/failures/0", "/failures/0/id"]
            {
                comments.before(at, text.clone());
                comments.before(at, Note::Blank);
                comments.beside(at, text.clone());
                comments.after(at, text.clone());
            }
            for at in ["/failures/0", "/failures"] {
                comments.before(at, Note::item_without(failure, "id", "status", disabled.clone()));
                comments.after(at, Note::keys(failure, disabled.clone()));
                comments.after(at, Note::key(&text, failure, Comments::default()));
            }
            let written = Commented { value: value.clone(), comments };
            let yaml = written.to_yaml();
            assert_eq!(parse::<ContractSource>(&yaml), value, "{text:?}\n{yaml}");
            let bare = Commented { value, comments: Comments::default() }.to_yaml();
            let own = |line: &&str| !line.trim_start().starts_with('#') && !line.trim().is_empty();
            let count = |text: &str| text.lines().filter(own).count();
            assert_eq!(count(&yaml), count(&bare), "{text:?}\n{yaml}");
        }
    }
}

/// What is commented out can be used again: without its `# `, it is the value that it was.
#[test]
fn disabled_keys_can_be_enabled() {
    let mut file = Commented { value: ScenarioFileSource::default(), comments: Comments::default() };
    file.value.contract = "things".to_owned();
    let scenario = scenario_with("GET /a", &json!({ "b": [1, null, 2.5] }));
    let mut comments = Comments::default();
    comments.beside("/stub/no_control", "because");
    file.comments.after("/scenarios", Note::Blank);
    file.comments.after("/scenarios", Note::key("stub", &scenario, comments));
    let text = file.to_yaml();
    assert!(text.starts_with("contract: things\nscenarios: {}\n\n"), "{text}");
    let enabled = text.replace("scenarios: {}", "scenarios:").replace("# ", "  ");
    let enabled = enabled.replace("     because", "   # because");
    let read: ScenarioFileSource = parse(&enabled);
    assert_eq!(read.scenarios, [("stub".to_owned(), scenario)]);
}

/// A pseudo-random number generator, so that a failure can be repeated.
struct Rng(u64);

impl Rng {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides.max(1)
    }

    fn text(&mut self) -> String {
        const PIECES: [&str; 40] = [
            "a", "b", "Z", "0", "1", ".", "-", " ", " ", "#", ":", ": ", " #", ",", "\n", "\r", "\t", "\"",
            "'", "\\", "{", "}", "[", "]", "&", "*", "!", "|", ">", "%", "@", "`", "?", "~", "/", "é",
            "\u{2028}", "\u{0}", "${", "…",
        ];
        let length = self.roll(8);
        (0..length).map(|_| PIECES[self.roll(PIECES.len())]).collect()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.roll(if depth > 3 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => (self.roll(2) == 0).into(),
            2 => i64::try_from(self.roll(1 << 30)).unwrap_or_default().wrapping_sub(1 << 29).into(),
            3 => (f64::from(u32::try_from(self.roll(1 << 30)).unwrap_or_default()) / 7.0
                * 10_f64.powi(i32::try_from(self.roll(60)).unwrap_or_default() - 30))
            .into(),
            4 | 5 => self.text().into(),
            6 => (0..self.roll(4)).map(|_| self.value(depth + 1)).collect(),
            _ => {
                (0..self.roll(4)).map(|_| (self.text(), self.value(depth + 1))).collect::<Map<_, _>>().into()
            }
        }
    }
}

#[test]
fn random_values_are_read_as_they_were_written() {
    let mut rng = Rng(0x9e37_79b9_7f4a_7c15);
    for _ in 0..400 {
        let (text, value) = (rng.text(), rng.value(0));
        round_trip(&file_with(&text, &value));
        round_trip(&contract_with(&text, &value));
    }
}

#[test]
fn numbers_at_the_limits_are_read_as_they_were_written() {
    for number in [
        json!(u64::MAX),
        json!(i64::MIN),
        json!(-0.0),
        json!(f64::MAX),
        json!(5e-324),
        json!(1e21),
        json!(0.1),
    ] {
        round_trip(&file_with("x", &number));
    }
}

#[test]
fn what_no_file_can_say_is_refused() {
    for (text, said) in [
        ("contract: a\nscenarios: { a: { triggers: b, reqest: GET / } }\n", "reqest"),
        ("contract: a\nscenarios: { a: { request: GET / } }\n", "`triggers` is missing"),
        ("contract: a\nscenarios: { a: { triggers: b, bytes: '?' } }\n", "not base64"),
        ("contract: a\nscenarios: { a: { triggers: b, setup: x } }\n", "expected a list"),
    ] {
        let error = ScenarioFileSource::parse(&Source::new("test.yaml", text)).unwrap_err().render(false);
        assert!(error.contains(said), "{error}");
    }
    let source: Arc<Source> = Source::new("test.yaml", "contract: a\nas_of: soon\n");
    assert!(ContractSource::parse(&source).unwrap_err().render(false).contains("not a date"));
}
