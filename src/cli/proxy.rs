//! `failspec proxy`.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
    time::Instant,
};

use clap::Args;
use failspec_base::sanitize::one_line;
use failspec_http::ClientOptions;
use failspec_judge::{check::Severity, report_model::exit};
use failspec_observe::{HarWriter, Judged, ObserveOptions, Observer, RecordedExchange};
use failspec_pack::target_config::Target;
use failspec_proxy::{Judge, Proxy, ProxyOptions, Verdict};
use failspec_report::terminal::Styles;

use super::{
    arguments::{Deny, PacksFrom},
    error::{CliError, worse},
    observe::{ObserveOutput, ObservedTarget, finish, pack_of},
    reports::Reports,
    run::print,
    runtime::runtime,
    signal::Signals,
    stdout::stdout,
};

/// Maximum number of exchanges that wait for the judge. Then clients wait, too: no exchange is lost, and memory is bounded.
const MAX_WAITING: usize = 64;

/// Options of `proxy`.
#[derive(Debug, Args)]
pub struct ProxyArguments {
    /// The pack by whose contract the traffic is judged
    pub pack: String,
    /// The base URL of the API that requests are passed on to (default: the URL of the target)
    #[arg(long = "to", value_name = "URL")]
    pub to: Option<String>,
    /// The name of a target in failspec.toml
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// The file with the targets (default: failspec.toml in the current folder, or in the nearest folder above it)
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// The address to listen on, on loopback; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Write the exchanges to this file as HAR 1.2, without credentials
    #[arg(long, value_name = "FILE")]
    pub har: Option<PathBuf>,
    /// With --har: write credentials, too
    #[arg(long, requires = "har")]
    pub har_with_secrets: bool,
    /// Replace a response that has a violation by 502 with application/problem+json, which names the checks
    #[arg(long)]
    pub enforce: bool,
    /// The source of the packs
    #[command(flatten)]
    pub from: PacksFrom,
    /// Reports and output
    #[command(flatten)]
    pub output: ObserveOutput,
}

/// Passes requests on and judges them until a signal comes, and returns the exit code.
///
/// # Errors
/// When files or options are wrong, and when no request came.
pub fn command(arguments: &ProxyArguments) -> Result<u8, CliError> {
    let target = ObservedTarget {
        urls: arguments.to.iter().cloned().collect(),
        target: arguments.target.clone(),
        config: arguments.config.clone(),
    };
    let pack = pack_of(&arguments.pack, &arguments.from, &target)?;
    let observed = target.resolve(&pack)?;
    may_be_passed_on(&observed.config.target)?;
    let source = "the proxy".to_owned();
    let options = ObserveOptions {
        deny_warnings: arguments.output.deny == Some(Deny::Warnings),
        min_coverage: arguments.output.min_coverage,
        started: jiff::Timestamp::now().to_string(),
        sources: vec![source.clone()],
        ..ObserveOptions::default()
    };
    let new = || {
        let target = observed.config.target.clone();
        let waivers = observed.config.waivers.clone();
        Observer::new(
            Arc::clone(&pack),
            target,
            waivers,
            observed.urls.clone(),
            std::slice::from_ref(&source),
        )
        .map_err(|error| CliError::usage(error.to_string()))
    };
    let har =
        arguments.har.as_ref().map(|path| HarFile::create(path, !arguments.har_with_secrets)).transpose()?;
    let mut reports = Reports::open(&arguments.output.reports, arguments.output.report_bodies)?;
    let unfinished = new()?.finish(&ObserveOptions { interrupted: true, ..options.clone() });
    reports.begin(&unfinished.map_err(|error| CliError::usage(error.to_string()))?)?;
    let shown = !arguments.output.quiet;
    let recorder = Arc::new(Mutex::new(Recorder { observer: new()?, har, shown }));
    let began = Instant::now();
    let proxy = ProxyOptions {
        listen: arguments.listen,
        target: observed.config.target.url.clone(),
        client: ClientOptions {
            certificates: observed.config.target.tls.authorities.iter().cloned().collect(),
            identity: observed.config.target.tls.identity.as_ref().map(|it| it.expose().as_bytes().to_vec()),
            insecure: observed.config.target.tls.insecure,
            ..ClientOptions::default()
        },
        enforce: arguments.enforce,
    };
    serve(proxy, Arc::clone(&recorder))?;
    let mut recorder = locked(&recorder);
    let lost = recorder.har.take().and_then(HarFile::finish);
    let observer = std::mem::replace(&mut recorder.observer, new()?);
    drop(recorder);
    let options = ObserveOptions { duration: began.elapsed(), ..options };
    let report =
        observer.finish(&options).map_err(|_| CliError::usage("no request came through the proxy"))?;
    let code = finish(report, reports, &arguments.output);
    Ok(match lost {
        None => code,
        Some(error) => {
            error.print();
            worse(code, exit::INCONCLUSIVE)
        }
    })
}

/// Checks that whatever a client sends may reach the target, and directly.
fn may_be_passed_on(target: &Target) -> Result<(), CliError> {
    let name = &target.name;
    if target.read_only {
        return Err(CliError::usage(format!(
            "the target {name} is read-only, and a proxy passes on whatever it gets"
        )));
    }
    if target.network.connect_to.is_some() {
        let hint = "give the address with --to";
        return Err(CliError::usage_hint(
            format!("the target {name} has `connect_to`, which the proxy does not follow"),
            hint,
        ));
    }
    Ok(())
}

/// Runs the proxy until a signal comes; then every exchange was judged.
fn serve(options: ProxyOptions, recorder: Arc<Mutex<Recorder>>) -> Result<(), CliError> {
    let (sender, waiting) = sync_channel::<RecordedExchange>(MAX_WAITING);
    let own = Arc::clone(&recorder);
    let judge = thread::Builder::new().name("judge".to_owned()).spawn(move || {
        for exchange in waiting {
            locked(&own).judge(&exchange);
        }
    });
    let judge = judge.map_err(|error| CliError::Broken(format!("cannot start a thread: {error}")))?;
    let runtime = runtime()?;
    let target = options.target.clone();
    let desk = Desk { recorder, waiting: (!options.enforce).then_some(sender) };
    let served: Result<(), CliError> = runtime.block_on(async {
        let mut signals = Signals::new()?;
        let proxy = Proxy::start(options, desk).await.map_err(|error| CliError::usage(error.to_string()))?;
        // Scripts wait for this line: it must not stay in a buffer.
        let mut out = stdout();
        let line = format!("http://{} passes requests on to {target} until Ctrl-C", proxy.address());
        let _ = writeln!(out, "{}", one_line(&line)).and_then(|()| out.flush());
        signals.next().await;
        proxy.stop().await;
        Ok(())
    });
    // Connections that are still open are given up, and with them the last senders.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    served?;
    judge.join().map_err(|_| CliError::Broken("the judge has ended early".to_owned()))
}

fn locked(recorder: &Mutex<Recorder>) -> MutexGuard<'_, Recorder> {
    recorder.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes exchanges from the proxy: they are judged on the side, or, where the response waits for it, at once.
struct Desk {
    recorder: Arc<Mutex<Recorder>>,
    waiting: Option<SyncSender<RecordedExchange>>,
}

impl Judge for Desk {
    fn judge(&self, exchange: RecordedExchange) -> Verdict {
        if let Some(waiting) = &self.waiting {
            // It fails only if the judge has ended, which the end of the command reports.
            let _ = waiting.send(exchange);
            return Verdict::default();
        }
        let judged = locked(&self.recorder).judge(&exchange);
        let violations =
            judged.findings.iter().filter(|finding| judged.is_violation && finding.is_violation());
        Verdict {
            violations: violations
                .map(|finding| (finding.check.to_owned(), finding.message.clone()))
                .collect(),
        }
    }
}

/// Judges exchanges, shows what is found, and writes them down.
struct Recorder {
    observer: Observer,
    har: Option<HarFile>,
    shown: bool,
}

impl Recorder {
    fn judge(&mut self, exchange: &RecordedExchange) -> Judged {
        let judged = self.observer.observe(0, exchange);
        if let Some(har) = &mut self.har {
            har.write(exchange, &mut self.observer);
        }
        // What is found again and again is shown once; the report counts it.
        if self.shown && judged.is_new && !judged.findings.is_empty() {
            print(&lines(&judged, exchange.entry));
        }
        judged
    }
}

/// Returns a line for each finding.
fn lines(judged: &Judged, entry: u64) -> String {
    let line = |finding: &failspec_judge::check::Finding| {
        let sign = match finding.severity {
            Severity::Violation if judged.is_violation => Styles::dab(Styles::BAD, "✗"),
            // Waived.
            Severity::Violation => Styles::dab(Styles::WARN, "~"),
            Severity::Warning => Styles::dab(Styles::WARN, "!"),
        };
        let check = Styles::dab(Styles::FAINT, format_args!("[{}]", finding.check));
        let place = format!("{entry:>5} {sign} {}", one_line(&judged.operation));
        format!("{place}: {} {check}\n", one_line(&finding.message))
    };
    judged.findings.iter().map(line).collect()
}

/// The file of `--har`.
struct HarFile {
    path: PathBuf,
    writer: HarWriter<BufWriter<File>>,
    redacts: bool,
    error: Option<std::io::Error>,
}

impl HarFile {
    fn create(path: &PathBuf, redacts: bool) -> Result<Self, CliError> {
        let open = || HarWriter::new(BufWriter::new(File::create(path)?));
        let writer = open().map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path: path.clone(), writer, redacts, error: None })
    }

    /// Writes an exchange. After an error nothing more is written; the end of the command says it.
    fn write(&mut self, exchange: &RecordedExchange, observer: &mut Observer) {
        if self.error.is_some() {
            return;
        }
        let written = match self.redacts {
            true => self.writer.write(&observer.redactor().redact(exchange)),
            false => self.writer.write(exchange),
        };
        self.error = written.err();
    }

    /// Ends the file; returns the reason if it could not be written.
    fn finish(self) -> Option<CliError> {
        let error = match self.error {
            Some(error) => error,
            None => self.writer.finish().err()?,
        };
        let CliError::Usage { message, .. } = cannot_write(&self.path, &error) else { return None };
        Some(CliError::Broken(message))
    }
}

fn cannot_write(path: &std::path::Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("cannot write {}: {error}", path.display()))
}
