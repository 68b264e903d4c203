//! `run --start`: the user's server, for as long as the run takes.

use std::{
    fs::{self, File},
    io,
    net::{SocketAddr, TcpStream},
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use failspec_base::sanitize::visible;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use url::Url;

use failspec_judge::report_model::exit;

use super::{error::CliError, signal::Signals};

/// Time in which the server must accept connections: a server that builds itself first takes that long.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// Time that its processes have to end after SIGTERM; then they get SIGKILL.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// Interval between two looks at it.
const POLL: Duration = Duration::from_millis(50);

/// Time for one attempt to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// Maximum number of lines of its output that are shown if it does not start.
const MAX_LINES: usize = 20;

/// True once the run itself listens for signals: before, a signal ends the server and the program here.
static RUN_LISTENS: AtomicBool = AtomicBool::new(false);

/// The process group of the server that runs. A second signal ends the program at once, and this with it.
static GROUP: Mutex<Option<Pid>> = Mutex::new(None);

/// A server that was started. Its whole process group ends when this is dropped.
#[derive(Debug)]
pub(super) struct Started {
    child: Child,
    group: Pid,
    output: tempfile::NamedTempFile,
}

impl Started {
    /// Starts a server with a shell, and waits until it accepts connections at the address of `url`.
    ///
    /// # Errors
    /// When something accepts connections there already, when the command does not start, and when the server ends or
    /// accepts none within two minutes, or within `max_time` if that is less.
    pub(super) fn start(command: &str, url: &Url, max_time: Option<Duration>) -> Result<Self, CliError> {
        let addresses = url.socket_addrs(|| None).unwrap_or_default();
        if addresses.is_empty() {
            return Err(CliError::usage(format!("--start: the address of {url} cannot be found")));
        }
        if accepts(&addresses) {
            return Err(CliError::usage_hint(
                format!("--start: something accepts connections at {url} already"),
                "end it, or run without --start: the run would test that, and not what --start starts",
            ));
        }
        Signals::on_own_thread(|mut signals| async move {
            signals.next().await;
            if !RUN_LISTENS.load(Ordering::SeqCst) {
                end_at_once();
                std::process::exit(i32::from(exit::INTERRUPTED));
            }
        })?;
        let failed =
            |error: io::Error| CliError::usage(format!("--start: cannot start `{command}`: {error}"));
        let output = tempfile::NamedTempFile::new().map_err(failed)?;
        let stream = || -> io::Result<Stdio> { Ok(File::options().append(true).open(output.path())?.into()) };
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).stdin(Stdio::null()).process_group(0);
        shell.stdout(stream().map_err(failed)?).stderr(stream().map_err(failed)?);
        let child = shell.spawn().map_err(failed)?;
        let group = Pid::from_child(&child);
        *running() = Some(group);
        let mut started = Self { child, group, output };
        let at_most = max_time.map_or(START_TIMEOUT, |max_time| max_time.min(START_TIMEOUT));
        started.wait_until_ready(command, url, &addresses, at_most)?;
        Ok(started)
    }

    fn wait_until_ready(
        &mut self,
        command: &str,
        url: &Url,
        addresses: &[SocketAddr],
        at_most: Duration,
    ) -> Result<(), CliError> {
        let began = Instant::now();
        loop {
            if accepts(addresses) {
                return Ok(());
            }
            if let Some(status) = self.ended() {
                let message = format!("--start: `{command}` ended before it was ready: {status}");
                return Err(CliError::usage_hint(message, self.tail()));
            }
            if began.elapsed() > at_most {
                let message = format!(
                    "--start: `{command}` accepts no connection at {url} after {} s",
                    at_most.as_secs()
                );
                return Err(CliError::usage_hint(message, self.tail()));
            }
            thread::sleep(POLL);
        }
    }

    /// Returns how the server ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Returns the end of its output.
    fn tail(&self) -> String {
        let output = fs::read(self.output.path()).unwrap_or_default();
        let output = String::from_utf8_lossy(&output);
        let lines: Vec<&str> = output.lines().collect();
        let last = &lines[lines.len().saturating_sub(MAX_LINES)..];
        match last.is_empty() {
            true => "it printed nothing".to_owned(),
            false => format!("it printed:\n{}", visible(&last.join("\n"))),
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // The leader is a zombie until it is waited for, so that its number belongs to nobody else.
        let _ = kill_process_group(self.group, Signal::TERM);
        let began = Instant::now();
        loop {
            let _ = self.child.try_wait();
            if test_kill_process_group(self.group).is_err() {
                break;
            }
            if began.elapsed() > END_TIMEOUT {
                let _ = kill_process_group(self.group, Signal::KILL);
                let _ = self.child.wait();
                break;
            }
            thread::sleep(POLL);
        }
        *running() = None;
    }
}

/// Leaves signals to the run, which listens for them from now on.
pub(super) fn run_listens() {
    RUN_LISTENS.store(true, Ordering::SeqCst);
}

/// Ends the server that runs, if there is one, without waiting: the program is about to end.
pub(super) fn end_at_once() {
    if let Some(group) = *running() {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn running() -> MutexGuard<'static, Option<Pid>> {
    GROUP.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accepts(addresses: &[SocketAddr]) -> bool {
    addresses.iter().any(|address| TcpStream::connect_timeout(address, CONNECT_TIMEOUT).is_ok())
}
