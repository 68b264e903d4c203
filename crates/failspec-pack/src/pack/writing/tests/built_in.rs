//! The built-in packs, written and loaded again.

use super::{
    super::{
        super::{Control, Expect, Files, Pack, Pointer, Scenario, SchemaTemplate, Step},
        ContractSource, ScenarioFileSource,
    },
    parse, round_trip,
};

#[test]
fn built_in_packs_are_written_and_loaded_again() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let files = Files::Directory(root.into());
    let packs = files.packs().unwrap();
    assert!(packs.len() >= 5, "{packs:?}");
    let versions = packs.iter().flat_map(|name| Pack::load(&files, name).unwrap().all_versions());
    for name in &versions.collect::<Vec<_>>() {
        let pack = Pack::load(&files, name).unwrap();
        // With the other versions: a scenario may name their failures.
        let mut texts = (*pack.texts).clone();
        texts.extend(pack.others.iter().map(|(path, text)| (path.clone(), text.clone())));
        let mut written = 0;
        for (path, text) in &mut texts {
            if path.starts_with("scenarios/") {
                *text = round_trip(&parse::<ScenarioFileSource>(text)).into();
            } else if path.contains("/contract") && path.ends_with(".yaml") {
                *text = round_trip(&parse::<ContractSource>(text)).into();
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
        format!(
            "{:?}",
            (contract.features.iter())
                .map(|it| (&it.name, &it.about, &it.probe, &it.absent, &it.failures, &it.operations))
                .collect::<Vec<_>>()
        ),
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
        parts.push(format!("{:?}", (failure.period, &rules.status, &rules.code, &rules.codes)));
        parts
            .push(format!("{:?}", (&rules.retry_after, &envelope.code, &envelope.message, &envelope.status)));
        parts.push(format!("{:?}", (&envelope.media_type, envelope.body)));
        let id = envelope.request_id.as_ref().map(|id| {
            let pattern = id.rule.pattern.as_ref().map(|pattern| &pattern.value);
            (&id.rule.pointer, &id.rule.header, pattern, id.source)
        });
        let schema = envelope.schema.as_ref().map(|schema| (&schema.rule.value, schema.source));
        let schemas: Vec<_> = rules.schema.iter().map(|it| (&it.rule.value, it.source)).collect();
        let matches: Vec<_> =
            rules.matches.iter().map(|it| (&it.rule.0, &it.rule.1.value, it.source)).collect();
        let headers: Vec<_> =
            rules.headers.iter().map(|it| (&it.rule.name, &it.rule.schema, it.source)).collect();
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
        parts.push(format!("{:?}", flow.at.as_ref().map(|at| (&at.place, schemas(&at.filter)))));
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

fn expected(expect: Option<&Expect>) -> String {
    let expect = expect.map(|expect| {
        let headers: Vec<_> = expect.headers.iter().map(|it| (&it.name, &it.schema)).collect();
        (&expect.status, expect.failure, headers, schemas(&expect.body))
    });
    format!("{expect:?}")
}

fn schemas(schemas: &[(Pointer, SchemaTemplate)]) -> Vec<String> {
    let value = |schema: &SchemaTemplate| match schema {
        SchemaTemplate::Constant(schema) => schema.value.to_string(),
        SchemaTemplate::Holes(template, _) => format!("{template:?}"),
    };
    schemas.iter().map(|(at, schema)| format!("{at:?} {}", value(schema))).collect()
}
