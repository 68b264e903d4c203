//! The files of a new pack, with the keys that most packs need as comments.

use jiff::civil::Date;

use failspec_pack::pack::{
    BodyRule, Pointer, Variable,
    writing::{
        Commented, Comments, ContractSource, ControlSource, EnvelopeSource, FailureSource, Note, Override,
        RequestIdSource, RequestSource, RequiresSource, ScenarioFileSource, ScenarioSource, TriggerSource,
    },
};

/// The only failure of a new pack.
const FAILURE: &str = "not_found";

/// The places that a user edits next: the file (0 is the contract, 1 the scenarios), a pointer into it, and what to write
/// there.
pub(super) const EDIT: [(usize, &str, &str); 4] = [
    (0, "/documentation", "the page that documents the errors"),
    (0, "/envelope", "where a response has its error code"),
    (0, "/failures", "the documented failures"),
    (1, "/scenarios", "requests that must fail, and what must succeed without the fault"),
];

/// Returns the contract of a new pack.
pub(super) fn contract(name: &str, today: Date) -> Commented<ContractSource> {
    let mut comments = Comments::default();
    comments.head(format!("The documented failures of {name}. All keys: `failspec schema contract`"));
    comments.head("yaml-language-server: $schema=../contract.schema.json");
    comments.beside("/as_of", "the date of the documentation that this is taken from");
    comments.before(
        "/envelope",
        "JSON Pointers into the body of an error response. Remove what the documentation does not promise.",
    );
    let pointer = |text: &str| Pointer::parse(text);
    let usual = EnvelopeSource {
        code: pointer("/error").map(|pointer| Override::Set(pointer.into())),
        message: pointer("/message").map(Override::Set),
        request_id: pointer("/requestId").map(RequestIdSource::from).map(Override::Set),
        ..EnvelopeSource::default()
    };
    comments.before("/envelope/body", Note::keys(&usual, Comments::default()));
    comments.before("/failures", "What a target must provide, described so that a newcomer can provide it.");
    let requires = RequiresSource {
        roles: vec![("reader".to_owned(), "may read things".to_owned())],
        variables: vec![(
            "thing".to_owned(),
            Variable { about: "the id of a thing that exists".to_owned(), default: Some("1".into()) },
        )],
        conditions: Vec::new(),
    };
    comments.before("/failures", Note::key("requires", &requires, Comments::default()));
    comments.before("/failures", Note::Blank);
    comments.before("/failures/0/summary", Note::key("code", &FAILURE.to_owned(), Comments::default()));
    let value = ContractSource {
        name: name.to_owned(),
        as_of: today,
        documentation: Some("https://example.com/docs/errors".to_owned()),
        envelope: Some(EnvelopeSource { body: Some(BodyRule::Optional), ..EnvelopeSource::default() }),
        failures: vec![FailureSource {
            id: FAILURE.to_owned(),
            status: vec![404].into(),
            summary: "There is no such resource".to_owned(),
            ..FailureSource::default()
        }],
        ..ContractSource::default()
    };
    Commented { value, comments }
}

/// Returns the scenarios of a new pack.
pub(super) fn scenarios(name: &str) -> Commented<ScenarioFileSource> {
    let mut comments = Comments::default();
    for line in [
        "Requests that must fail as the contract says. Each has a control: the same request without the fault, which must",
        "succeed. All keys: `failspec schema scenario`",
        "yaml-language-server: $schema=../../schemas/scenario.schema.json",
    ] {
        comments.head(line);
    }
    let scenario = ScenarioSource {
        triggers: Some(TriggerSource::of(FAILURE)),
        request: RequestSource::to("GET /failspec-no-such-path"),
        control: Some(Box::new(ControlSource {
            request: RequestSource::to("GET /"),
            ..ControlSource::default()
        })),
        ..ScenarioSource::default()
    };
    let scenarios = vec![("get_an_absent_path".to_owned(), scenario)];
    Commented {
        value: ScenarioFileSource { contract: name.to_owned(), scenarios, ..ScenarioFileSource::default() },
        comments,
    }
}
