//! A whole process, from its start to its exit.

use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How often the memory of a process is looked at. Its peak only grows, so that what is missed is the end alone.
const GLANCE: Duration = Duration::from_millis(5);

/// Measurements of one process.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// From its start to its exit.
    pub wall: Duration,
    /// The most memory that it held, in KiB; 0 where the system does not tell.
    pub peak: u64,
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started, or ends with another code than `code`: a run that went wrong measures nothing.
pub fn run(command: &mut Command, code: i32) -> io::Result<Cost> {
    let log = tempfile::tempfile()?;
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?).spawn()?;
    let (peak, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let status = format!("/proc/{}/status", child.id());
    let watcher = thread::spawn({
        let (peak, over) = (Arc::clone(&peak), Arc::clone(&over));
        move || {
            while !over.load(Ordering::Relaxed) {
                peak.fetch_max(resident(Path::new(&status)).unwrap_or_default(), Ordering::Relaxed);
                thread::sleep(GLANCE);
            }
        }
    });
    let ended = child.wait()?;
    let wall = began.elapsed();
    over.store(true, Ordering::Relaxed);
    let _ = watcher.join();
    if ended.code() != Some(code) {
        let said = said(log).unwrap_or_default();
        return Err(io::Error::other(format!("{command:?} ended with {ended}, not {code}:\n{said}")));
    }
    Ok(Cost { wall, peak: peak.load(Ordering::Relaxed) })
}

/// The last lines that it printed.
fn said(mut log: fs::File) -> io::Result<String> {
    use io::{Read as _, Seek as _};
    log.rewind()?;
    let mut text = String::new();
    log.read_to_string(&mut text)?;
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(20)..].join("\n"))
}

fn resident(status: &Path) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
