//! Judges a recording, exchange by exchange, and builds the report of what was seen.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use failspec_base::message::MOCK_HEADER;
use failspec_judge::{
    check::{Finding, OpenApiContext},
    report_model::{
        CaseReport, Documented, ErratumReport, Exercise, FORMAT, NotJudgedReason, Observation,
        ObservedResponse, PackHeader, PackReport, RecordedCase, RecordedExample, RecordedPlace,
        RecordingReport, RunReport, ScenarioLocation, Summary, Verdict, group_findings,
    },
};
use failspec_pack::{
    openapi::{Declared, DocumentError},
    pack::{Pack, PathError, Provenance, SUCCESS_ID},
    target_config::{Target, Waiver},
};
use url::Url;

use crate::{
    case_report::{MAX_QUOTE_LEN, Sorted, cut, exchange_report, mask_again, masked, plain, sorted},
    cases::{self, Cases, Place},
    exchange::{RecordedBody, RecordedExchange},
    judge::{Judge, Judged, Kind},
    operations::{Called, Operations},
    redaction::Redactor,
    request_ids::RequestIds,
    secret_names::SecretNames,
    seen::Seen,
    target_urls::{Belongs, belongs, host},
};

/// The id under which responses are reported that the contract does not list.
const UNDOCUMENTED_ID: &str = "undocumented_failure";

/// Reason why nothing can be observed.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The OpenAPI document of the contract cannot be used.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A path cannot be parsed.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// Nothing of the recording belongs to the target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing of the recording belongs to {}: {}", .urls.join(", "), if .hosts.is_empty() { "it has no exchanges".to_owned() } else { format!("its requests went to {}", .hosts.join(", ")) })]
pub struct NothingSeen {
    /// The base URLs of the target.
    pub urls: Vec<String>,
    /// The hosts of the recording, with the number of requests to each.
    pub hosts: Vec<String>,
}

/// The options of a report about recorded traffic.
#[derive(Debug, Clone, Default)]
pub struct ObserveOptions {
    /// The names of the recordings, in the order of their indexes.
    pub sources: Vec<String>,
    /// True if warnings count as violations.
    pub deny_warnings: bool,
    /// The share of documented failures that must have been seen, in percent.
    pub min_coverage: Option<u8>,
    /// True if signal ended the recording before it was read whole.
    pub interrupted: bool,
    /// Start of the observation, RFC 3339 in UTC.
    pub started: String,
    /// Duration of the observation.
    pub duration: Duration,
}

/// Judges recorded exchanges by the contract of a pack, and remembers what was seen. Its memory is bounded: it depends on
/// the findings and not on the number of exchanges.
pub struct Observer {
    pack: Arc<Pack>,
    target: Target,
    waivers: Vec<Waiver>,
    today: jiff::civil::Date,
    urls: Vec<Url>,
    /// The OpenAPI document below each of the URLs.
    against: Vec<Option<OpenApiContext>>,
    operations: Operations,
    judge: Judge,
    redactor: Redactor,
    seen: Seen,
    cases: Cases,
    request_ids: RequestIds,
    sources: Vec<Arc<str>>,
    documented: Vec<Arc<Documented>>,
    /// The operations on which something succeeded, of those that the pack names.
    verified: BTreeSet<String>,
    exchanges: u64,
    matched: u64,
    judged: u64,
    successes: u64,
    failures: u64,
    /// True if a response said that it comes from `failspec mock`.
    has_met_mock: bool,
}

impl Observer {
    /// Creates the observer of a target by the contract of a pack. Requests to `urls` are judged; without any, those to the
    /// URL of the target. `sources` are the names of the recordings.
    ///
    /// # Errors
    /// When the OpenAPI document of the contract cannot be used.
    pub fn new(
        pack: Arc<Pack>,
        target: Target,
        waivers: Vec<Waiver>,
        urls: Vec<Url>,
        sources: &[String],
    ) -> Result<Self, ObserveError> {
        let declared: Option<Arc<Declared>> = Declared::shared(&pack)?;
        let urls = if urls.is_empty() { vec![target.url.clone()] } else { urls };
        let context =
            |url: &Url| declared.clone().map(|declared| OpenApiContext { declared, base: url.path().into() });
        let names = SecretNames::of(&target, declared.as_deref());
        let roles = target.roles.values().flat_map(|role| role.credential.secrets()).cloned();
        let mut secrets: Vec<_> = roles.chain(target.secrets.iter().cloned()).collect();
        let variables = target.variables.iter().filter(|(_, value)| value.secret);
        secrets.extend(variables.filter_map(|(name, value)| {
            Some(failspec_base::secret::Secret::new(value.value.as_str()?, name.as_str()))
        }));
        let contract = &pack.contract;
        let documented = contract.failures.iter().map(|failure| Documented::of(failure, contract));
        let unlisted = |summary: &str| Documented {
            summary: summary.to_owned(),
            status: None,
            other_statuses: Vec::new(),
            code: None,
            retry: None,
            link: contract.documentation.clone(),
        };
        let unlisted =
            [unlisted("The request succeeds"), unlisted("A failure that the contract does not list")];
        Ok(Self {
            against: urls.iter().map(context).collect(),
            operations: Operations::of(&pack, &target),
            judge: Judge::new(contract)?,
            redactor: Redactor::new(names, contract.secrets.clone(), secrets),
            seen: Seen::of(contract),
            cases: Cases::default(),
            request_ids: RequestIds::default(),
            sources: sources.iter().map(|source| Arc::from(source.as_str())).collect(),
            documented: documented.chain(unlisted).map(Arc::new).collect(),
            today: jiff::Zoned::now().date(),
            verified: BTreeSet::new(),
            exchanges: 0,
            matched: 0,
            judged: 0,
            has_met_mock: false,
            successes: 0,
            failures: 0,
            urls,
            waivers,
            target,
            pack,
        })
    }

    /// Returns the redactor, for those who write down what they observe.
    pub fn redactor(&mut self) -> &mut Redactor {
        &mut self.redactor
    }

    /// Judges an exchange of the recording with this index.
    pub fn observe(&mut self, source: usize, exchange: &RecordedExchange) -> Judged {
        self.exchanges += 1;
        let (url, at) = match self.belonging(exchange) {
            Ok(found) => found,
            Err(reason) => {
                self.seen.not_judged(reason);
                return Judged::default();
            }
        };
        self.matched += 1;
        self.redactor.note(&exchange.request);
        match self.judge_own(source, exchange, url, at) {
            Ok(judged) => judged,
            Err(reason) => {
                self.seen.not_judged(reason);
                Judged::default()
            }
        }
    }

    /// Returns the URL of a request to the target, and the index of the base URL.
    fn belonging(&self, exchange: &RecordedExchange) -> Result<(Url, usize), NotJudgedReason> {
        let Ok(url) = Url::parse(&exchange.request.url) else { return Err(NotJudgedReason::NotHttp) };
        if matches!(url.scheme(), "ws" | "wss") {
            return Err(NotJudgedReason::Upgraded);
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NotJudgedReason::NotHttp);
        }
        match belongs(&url, &self.urls) {
            Belongs::To(at) => Ok((url, at)),
            Belongs::OtherPath => Err(NotJudgedReason::OtherPath),
            Belongs::OtherHost => Err(NotJudgedReason::OtherHost { host: host(&url) }),
        }
    }

    fn judge_own(
        &mut self,
        source: usize,
        exchange: &RecordedExchange,
        url: Url,
        at: usize,
    ) -> Result<Judged, NotJudgedReason> {
        let request = &exchange.request;
        let response = exchange.response.as_ref().ok_or(NotJudgedReason::NoResponse)?;
        let status = response.status;
        match status {
            101 => return Err(NotJudgedReason::Upgraded),
            100..200 => return Err(NotJudgedReason::Interim),
            200..600 => {}
            _ => return Err(NotJudgedReason::NotHttp),
        }
        if exchange.is_upgraded {
            return Err(NotJudgedReason::Upgraded);
        }
        if exchange.is_cached || status == 304 {
            return Err(NotJudgedReason::Cached);
        }
        if request.method == "OPTIONS" && request.header("access-control-request-method").is_some() {
            return Err(NotJudgedReason::Preflight);
        }
        match response.body {
            RecordedBody::TooLarge => return Err(NotJudgedReason::TooLarge),
            RecordedBody::Encoded => return Err(NotJudgedReason::Encoded),
            RecordedBody::Absent => self.seen.not_judged(NotJudgedReason::NoBody),
            RecordedBody::Truncated => self.seen.not_judged(NotJudgedReason::Truncated),
            RecordedBody::Whole(_) => {}
        }
        let against = self.against.get(at).and_then(Option::as_ref);
        let base = self.urls.get(at).map(Url::path).unwrap_or_default();
        let called = self.operations.called(&request.method, url.path(), status, base, against);
        let judged = self.judge.judge(&self.pack.contract, exchange, url, &called, against)?;
        self.judged += 1;
        self.has_met_mock |= response.header(MOCK_HEADER).is_some();
        if let Some((operation, declared)) = called.declared {
            self.seen.called(operation);
            declared.into_iter().for_each(|declared| self.seen.declared(operation, declared));
        }
        let has_body = matches!(response.body, RecordedBody::Whole(_));
        match judged.kind {
            Kind::Success => self.successes += 1,
            _ => self.failures += 1,
        }
        if judged.kind == Kind::Success
            && (200..300).contains(&status)
            && called.source.is_some()
            && !self.verified.contains(&called.name)
        {
            self.verified.insert(called.name.clone());
        }
        let levels = &self.target.checks;
        let mask = self.redactor.mask();
        let shown = |findings: Vec<Finding>| -> Vec<Finding> {
            let findings = findings.into_iter().filter_map(|finding| finding.on_target(levels));
            findings.map(|finding| masked(finding, mask)).collect()
        };
        let findings = shown(judged.findings);
        // A success may come later: what follows from it is decided at the end.
        let unverified = judged.unverified.map(shown);
        let code = judged.code.as_ref().filter(|code| !code.is_null());
        let code = code.map(|code| cut(mask.text(&plain(code)).into_owned(), MAX_QUOTE_LEN));
        let seen = Response {
            kind: judged.kind,
            has_body,
            status,
            called,
            code,
            request_id: judged.request_id,
            findings,
            unverified,
            source,
        };
        Ok(self.note(exchange, seen))
    }

    /// Notes a judged response: what was seen, and the case that it belongs to.
    fn note(&mut self, exchange: &RecordedExchange, mut seen: Response) -> Judged {
        let length = exchange.request.method.len() + exchange.request.url.len() + exchange.request.body.len();
        self.tally(exchange, &seen, length);
        let pack = Arc::clone(&self.pack);
        let failure = match seen.kind {
            Kind::Documented(index) => pack.contract.failures[index].id.as_str(),
            Kind::Success => SUCCESS_ID,
            Kind::Undocumented => UNDOCUMENTED_ID,
        };
        let documented = matches!(seen.kind, Kind::Documented(_)).then(|| failure.to_owned());
        // A success is a case only if something is wrong with it, and so is what has no body.
        if seen.findings.is_empty() && (seen.kind == Kind::Success || !seen.has_body) {
            return Judged::default();
        }
        let mut checks: Vec<_> = seen.findings.iter().map(|it| (it.check, it.severity)).collect();
        checks.sort_unstable();
        let kind = cases::Kind {
            failure: failure.into(),
            operation: seen.called.name.clone(),
            status: seen.status,
            checks,
        };
        let mut is_new = false;
        let index = match self.cases.place(&kind, &seen.findings, length) {
            Place::Known(index) => Some(index),
            Place::Shorter(index) => {
                let name = self.cases.names().get(index).cloned();
                let report = self.report(exchange, &seen, failure, name);
                self.cases.replace(index, length, report);
                Some(index)
            }
            Place::New => {
                let name = self.cases.name(pack.prefix(), failure, &seen.called.name);
                let report = self.report(exchange, &seen, failure, Some(name));
                is_new = true;
                Some(self.cases.add(kind, &seen.findings, length, report))
            }
            Place::Full => {
                self.seen.not_judged(NotJudgedReason::TooManyFindings);
                None
            }
        };
        let is_binding = |index: usize| {
            let envelope = match seen.kind {
                Kind::Documented(_) => pack.contract.failures.get(index).map(|failure| &failure.envelope),
                _ => Some(&pack.contract.envelope),
            };
            envelope.and_then(|it| it.request_id.as_ref()).is_some_and(|ruled| ruled.source.is_binding())
        };
        let at = if let Kind::Documented(index) = seen.kind { index } else { 0 };
        if let (Some(id), Some(case)) = (&seen.request_id, index)
            && is_binding(at)
        {
            let shown = cut(self.redactor.mask().text(id).into_owned(), MAX_QUOTE_LEN);
            if !self.request_ids.note(id, &shown, exchange, (case, self.cases.names())) {
                self.seen.not_judged(NotJudgedReason::RequestIdNotCompared);
            }
        }
        let mut is_violation = index.map_or_else(
            || seen.findings.iter().any(Finding::is_violation),
            |index| self.cases.is_violation(index),
        );
        if let Some(unverified) = seen.unverified.take() {
            if !self.verified.contains(&seen.called.name) {
                is_violation &= unverified.iter().any(Finding::is_violation);
                seen.findings.clone_from(&unverified);
            }
            if let Some(index) = index {
                self.cases.set_unverified(index, unverified);
            }
        }
        Judged {
            failure: documented,
            operation: seen.called.name,
            findings: seen.findings,
            is_violation,
            is_new,
        }
    }

    /// Counts a failure as seen.
    fn tally(&mut self, exchange: &RecordedExchange, seen: &Response, length: usize) {
        let (redactor, source) = (&mut self.redactor, self.sources.get(seen.source));
        let example = || {
            let shown = redactor.show(exchange);
            let request = format!("{} {}", exchange.request.method, shown.url);
            RecordedExample {
                request: cut(request, MAX_QUOTE_LEN),
                place: RecordedPlace {
                    source: source.map(ToString::to_string).unwrap_or_default(),
                    entry: exchange.entry,
                },
            }
        };
        let (operation, code) = (seen.called.name.as_str(), seen.code.as_deref());
        match seen.kind {
            Kind::Documented(index) => self.seen.documented(index, operation, code, length, example),
            // Without its body nobody knows which failure it is.
            Kind::Undocumented if !seen.has_body => {}
            Kind::Undocumented => self.seen.undocumented(seen.status, code, operation, length, example),
            Kind::Success => {}
        }
    }

    /// Builds the case that shows an exchange.
    fn report(
        &mut self,
        exchange: &RecordedExchange,
        seen: &Response,
        failure: &str,
        name: Option<Arc<str>>,
    ) -> CaseReport {
        let shown = self.redactor.show(exchange);
        let place = RecordedPlace {
            source: self.sources.get(seen.source).map(ToString::to_string).unwrap_or_default(),
            entry: exchange.entry,
        };
        let name = name.unwrap_or_else(|| Arc::from(""));
        let findings = seen.findings.iter().map(|finding| masked(finding.clone(), &shown.mask));
        let Sorted { violations, warnings, waived, outcome, reason } =
            sorted(findings, &name, &self.waivers, self.today);
        let documented = match seen.kind {
            Kind::Documented(index) => index,
            Kind::Success => self.documented.len() - 2,
            Kind::Undocumented => self.documented.len() - 1,
        };
        let status = seen.status;
        CaseReport {
            index: self.cases.len(),
            name,
            pack: self.pack.prefix().into(),
            failure: failure.into(),
            cause: None,
            tags: Vec::new(),
            operation: Some(seen.called.name.as_str().into()),
            outcome,
            reason,
            rerun: None,
            source: Provenance::Documented,
            documentation: None,
            parameter: None,
            fault: None,
            part: None,
            location: ScenarioLocation {
                file: place.source.clone(),
                line: usize::try_from(place.entry).unwrap_or(usize::MAX),
            },
            documented: Arc::clone(&self.documented[documented]),
            observed: Some(ObservedResponse {
                status,
                code: seen.code.clone().map(serde_json::Value::String),
                request_id: seen.request_id.as_ref().map(|id| {
                    cut(shown.mask.text(self.redactor.mask().text(id).as_ref()).into_owned(), MAX_QUOTE_LEN)
                        .into()
                }),
                ms: exchange.ms,
            }),
            observation: match seen.kind {
                Kind::Documented(_) => Observation::Seen { failure: failure.to_owned() },
                Kind::Success => Observation::Success { status },
                Kind::Undocumented => match &seen.code {
                    Some(code) => Observation::UndocumentedFailure { status, code: code.clone() },
                    None => Observation::Unrecognized { status },
                },
            },
            exercised: Exercise::No,
            violations,
            warnings,
            waived,
            snapshot: None,
            logs: None,
            obstacle: None,
            exchanges: vec![exchange_report(exchange, shown)],
            left_behind: Vec::new(),
            request_ids: Vec::new(),
            duration_ms: 0,
            recorded: Some(RecordedCase { exchanges: 1, place }),
        }
    }

    /// Builds the report of what was seen.
    ///
    /// # Errors
    /// When nothing of the recording belongs to the target.
    pub fn finish(self, options: &ObserveOptions) -> Result<RunReport, NothingSeen> {
        let not_judged = self.seen.not_judged_report();
        let urls: Vec<String> = self.urls.iter().map(ToString::to_string).collect();
        if self.matched == 0 && !options.interrupted {
            let hosts = not_judged.iter().filter_map(|it| match &it.reason {
                NotJudgedReason::OtherHost { host } => Some(format!("{host} ({})", it.exchanges)),
                NotJudgedReason::OtherPath => {
                    Some(format!("its host, but not below its path ({})", it.exchanges))
                }
                NotJudgedReason::OtherHosts => Some(format!("further hosts ({})", it.exchanges)),
                _ => None,
            });
            return Err(NothingSeen { urls, hosts: hosts.collect() });
        }
        let contract = &self.pack.contract;
        let recording = RecordingReport {
            pack: self.pack.label(),
            sources: options.sources.clone(),
            urls,
            exchanges: self.exchanges,
            judged: self.judged,
            successes: self.successes,
            failures: self.failures,
            not_judged,
            documented: self.seen.documented_report(contract),
            undocumented: self.seen.undocumented_report(),
            min_coverage: options.min_coverage,
        };
        let against = self.against.first().and_then(Option::as_ref);
        let pack = PackReport {
            header: PackHeader::of(&self.pack, &self.target),
            coverage: self.seen.coverage(contract, &self.target.out_of_reach),
            operations: against.map(|against| self.seen.operations_report(against)).unwrap_or_default(),
            operations_not_called: against
                .map(|against| self.seen.operations_not_called(against))
                .unwrap_or_default(),
            access: Vec::new(),
            // No probe was sent.
            features: Vec::new(),
            missing_requirements: Vec::new(),
            errata: ErratumReport::all(contract),
            judged: self.judged > 0,
            unproven: None,
            health_check: None,
            environment: None,
            mock: self.has_met_mock,
        };
        let run_findings = self.request_ids.findings();
        let mut collected = self.cases;
        let unverified = collected.take_unverified();
        let mut cases = collected.into_reports();
        for (index, findings) in unverified {
            let Some(case) = cases.get_mut(index) else { continue };
            if case.operation.as_deref().is_none_or(|operation| !self.verified.contains(operation)) {
                let Sorted { violations, warnings, waived, outcome, reason } =
                    sorted(findings.into_iter(), &case.name, &self.waivers, self.today);
                (case.violations, case.warnings, case.waived) = (violations, warnings, waived);
                (case.outcome, case.reason) = (outcome, reason);
            }
        }
        // What was known only later is masked in what was shown before.
        cases.iter_mut().for_each(|case| mask_again(case, self.redactor.mask()));
        let summary = Summary::of(&cases, std::iter::once(&pack.coverage));
        let verdict = if options.interrupted {
            Verdict::Interrupted
        } else if summary.failed > 0
            || run_findings.iter().any(|finding| finding.violation)
            || (options.deny_warnings && summary.warned > 0)
        {
            Verdict::Violations
        } else if self.judged == 0 {
            Verdict::Inconclusive
        } else if recording.is_below_min_coverage() {
            Verdict::Incomplete
        } else {
            Verdict::NoViolationsSeen
        };
        Ok(RunReport {
            format: FORMAT,
            failspec: env!("CARGO_PKG_VERSION").to_owned(),
            started: options.started.clone(),
            duration_ms: u64::try_from(options.duration.as_millis()).unwrap_or(u64::MAX),
            verdict,
            summary,
            reference: false,
            diagnosis: (verdict == Verdict::Inconclusive).then(|| {
                "No response of the target could be judged: see what was not judged, and why.".to_owned()
            }),
            selectors: Vec::new(),
            shard: None,
            errata: pack.errata.clone(),
            packs: vec![pack],
            undecided: None,
            finding_groups: group_findings(&cases),
            cases,
            run_findings,
            recordings: vec![recording],
        })
    }
}

/// A judged response, before it is counted.
struct Response {
    kind: Kind,
    has_body: bool,
    status: u16,
    called: Called,
    code: Option<String>,
    request_id: Option<String>,
    findings: Vec<Finding>,
    /// The findings as long as nothing has succeeded on the route.
    unverified: Option<Vec<Finding>>,
    source: usize,
}
