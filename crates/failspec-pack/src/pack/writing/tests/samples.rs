//! Texts and values to write.

use serde_json::{Map, Value, json};

use super::super::{
    super::{
        BodyRule, Erratum, Part, Pointer, Provenance, Retry, RetryAfterLocation, Stability, StatusPattern,
        Variable, WaitForm,
    },
    *,
};

/// Texts that some reader of YAML takes for something else.
const TEXTS: &[&str] = &[
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
    "\u{1fffe}",
    "\u{fdd0}",
    "tag\u{e0041}",
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
];

/// Those texts, and long ones.
pub(super) fn texts() -> Vec<String> {
    let long = ["x".repeat(5_000), "x".repeat(1_023), "\"".repeat(1_020), "word ".repeat(3_000)];
    TEXTS.iter().map(|text| (*text).to_owned()).chain(long).collect()
}

/// A scenario that has a text at every place where a file can have one.
pub(super) fn scenario_with(text: &str, value: &Value) -> ScenarioSource {
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
        capture: vec![(
            "id".to_owned(),
            CaptureSource {
                part: Part::Header(text.to_owned()),
                otherwise: vec![Pointer::parse("/data/id").expect("is a pointer")],
                location: true,
                resource_name: true,
                default: Some(text.to_owned()),
                secret: true,
            },
        )],
        expect: Some(ExpectSource {
            status: vec![StatusPattern::Exactly(201), StatusPattern::Class(4)].into(),
            failure: Some(text.to_owned()),
            headers: vec![(text.to_owned(), value.clone().into())],
            ..ExpectSource::default()
        }),
        ..StepSource::default()
    };
    request.body = Some(BodySource::Form(vec![(text.to_owned(), text.into())]));
    ScenarioSource {
        first_byte: Some("70s".to_owned()),
        triggers: Some(TriggerSource {
            failure: "not_found".to_owned(),
            cause: Some("gone".to_owned()),
            or: vec![TriggerSource::of("gone")],
        }),
        second_fault: Some(text.to_owned()),
        documentation: Some(text.to_owned()),
        source: Some(Provenance::Inferred),
        locks: vec![text.to_owned(), text.to_owned()],
        tags: vec![text.to_owned()],
        each: RowsSource::Inline(vec![("row".to_owned(), vec![(text.to_owned(), value.clone())])]),
        fixtures: vec![text.to_owned()],
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

fn places_of_a_code(pointer: &Pointer, own: &Option<String>, value: &Value) -> CodeLocationSource {
    CodeLocationSource(vec![
        CodePlaceSource { pointer: Some(pointer.clone()), ..CodePlaceSource::default() },
        CodePlaceSource {
            pointer: Some(pointer.clone()),
            extract: own.clone(),
            ..CodePlaceSource::default()
        },
        CodePlaceSource {
            header: own.clone(),
            parameter: own.clone(),
            text: own.clone(),
            absent: Some(value.clone()),
            ..CodePlaceSource::default()
        },
    ])
}

/// A contract that has a text at every place where a file can have one.
pub(super) fn contract_with(text: &str, value: &Value) -> ContractSource {
    let own = Some(text.to_owned());
    let schema = || SchemaSource::Inline(json!({ "const": value, text: [text] }));
    // A step `*` is understood in pointers to a code alone.
    let step = if text == "*" { "star" } else { text };
    let pointer = Pointer::parse(&format!("/{}", step.replace('~', "~0").replace('/', "~1"))).unwrap();
    ContractSource {
        name: text.to_owned(),
        as_of: "2026-01-31".parse().unwrap(),
        documentation: own.clone(),
        openapi: own.clone(),
        openapi_overlays: vec![text.to_owned()],
        success: vec![SuccessSource {
            status: vec![StatusPattern::Class(2)].into(),
            matches: vec![(pointer.clone(), schema())],
        }]
        .into(),
        envelope: Some(EnvelopeSource {
            schema: Some(Override::Set(SchemaSource::File(text.to_owned()))),
            code: Some(Override::Set(places_of_a_code(&pointer, &own, value))),
            request_id: Some(Override::Set(RequestIdSource {
                header: own.clone(),
                ..pointer.clone().into()
            })),
            media_type: Some(Override::Set(vec!["a/b".to_owned(), text.to_owned()].into())),
            body: Some(BodyRule::Optional),
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
            OperationSource(OperationParts {
                request: text.to_owned(),
                source: Some(Provenance::Published),
                named_by: vec![text.to_owned()],
                query: vec![text.to_owned()],
                body: vec![pointer.clone()],
                inferred: Some(InferredPartsSource {
                    query: vec![text.to_owned()],
                    body: vec![pointer.clone()],
                }),
            }),
        )],
        optional_members: vec![("POST /a".to_owned(), vec![(text.to_owned(), value.clone())])],
        listed_values: vec![("POST /a".to_owned(), vec![(text.to_owned(), listed(text, value, &pointer))])],
        existing_things: vec![("POST /a".to_owned(), existing(&pointer))],
        health_check: Some(HealthCheckSource::FirstOf(vec![
            RequestSource::to(text),
            RequestSource::to("GET /b"),
        ])),
        failures: vec![FailureSource {
            id: text.to_owned(),
            status: vec![StatusPattern::Exactly(404), StatusPattern::Class(5)].into(),
            code: Some(text.into()),
            codes: vec![text.into(), json!(7)],
            summary: text.to_owned(),
            envelope: Some(EnvelopeSource { schema: Some(Override::Removed), ..EnvelopeSource::default() }),
            causes: vec![text.to_owned()],
            retry: Some(Retry::AfterDelay),
            names: Some(pointer.clone()),
            precedes: vec![text.to_owned()],
            headers: vec![(text.to_owned(), schema())],
            optional_headers: vec![(format!("{text}2"), schema())],
            retry_after: vec![RetryAfterLocation {
                part: Part::Body(pointer.clone()),
                form: Some(WaitForm::Unix),
            }]
            .into(),
            varies: vec![Part::Header(text.to_owned()), Part::Body(pointer.clone())].into(),
            leaks: Some(Leaks::Forbidden),
            refusal: Some(Demand::Optional),
            inferred: Some(Box::new(InferredSource {
                code: Some("any".into()),
                ..InferredSource::default()
            })),
            ..FailureSource::default()
        }],
        features: vec![("optional".to_owned(), feature(text))],
        profiles: vec![("some".to_owned(), ProfileSource { about: own, required: vec![text.to_owned()] })],
        stability: vec![("failure_added".to_owned(), Stability::Breaking)],
        errata: vec![Erratum { about: text.to_owned(), links: vec![text.to_owned()] }],
        ..ContractSource::default()
    }
}

fn existing(pointer: &Pointer) -> ExistingThingSource {
    let (items, values) = (Some(pointer.clone()), vec![pointer.clone()]);
    ExistingThingSource { variable: "one".to_owned(), items, values }
}

fn listed(text: &str, value: &Value, pointer: &Pointer) -> ListedValueSource {
    ListedValueSource {
        request: RequestSource::to(text),
        items: Some(pointer.clone()),
        values: vec![pointer.clone()],
        prefer: Some(value.clone()),
        origin: true,
    }
}

fn feature(text: &str) -> FeatureSource {
    FeatureSource {
        about: text.to_owned(),
        probe: RequestSource::to(text),
        absent: StatusPattern::Exactly(404).into(),
        failures: vec![text.to_owned()],
        operations: vec![text.to_owned()],
    }
}

pub(super) fn file_with(text: &str, value: &Value) -> ScenarioFileSource {
    let scenario = scenario_with(text, value);
    let fixture = FixtureSource {
        fixtures: vec![text.to_owned()],
        setup: scenario.setup.clone(),
        teardown: scenario.teardown.clone(),
    };
    let mut of_file = scenario.clone();
    of_file.each = RowsSource::File(text.to_owned());
    ScenarioFileSource {
        contract: text.to_owned(),
        fixtures: vec![(text.to_owned(), fixture)],
        scenarios: vec![(text.to_owned(), scenario), (format!("{text}2"), of_file)],
    }
}

/// A pseudo-random number generator, so that a failure can be repeated.
pub(super) struct Rng(pub u64);

impl Rng {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides.max(1)
    }

    pub fn text(&mut self) -> String {
        const PIECES: [&str; 40] = [
            "a", "b", "Z", "0", "1", ".", "-", " ", " ", "#", ":", ": ", " #", ",", "\n", "\r", "\t", "\"",
            "'", "\\", "{", "}", "[", "]", "&", "*", "!", "|", ">", "%", "@", "`", "?", "~", "/", "é",
            "\u{2028}", "\u{0}", "${", "…",
        ];
        let length = self.roll(8);
        (0..length).map(|_| PIECES[self.roll(PIECES.len())]).collect()
    }

    pub fn value(&mut self, depth: usize) -> Value {
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
