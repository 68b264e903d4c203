//! The programs that are measured: failspec in several configurations, and the baselines.

use std::{
    env,
    ffi::OsStr,
    fmt, io,
    path::{Path, PathBuf},
    process::Command,
};

use futures_util::{StreamExt as _, stream};

use super::process::{Cost, run};

/// The argument that makes this program the reqwest loop.
pub const REQWEST: &str = "--reqwest-loop";

/// Requests under way at once: the default of failspec on loopback.
const JOBS: usize = 16;

/// The exit code of `failspec run` where nothing is wrong.
const CONFORMS: i32 = 0;

/// The baseline of a runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// failspec.
    Failspec,
    /// The least that asking can take.
    Limit,
    /// Another harness.
    Rival,
}

/// One program with its arguments.
#[derive(Debug)]
pub struct Runner {
    pub name: String,
    pub kind: Kind,
    /// How many requests the API must have answered.
    pub requests: u64,
    program: PathBuf,
    arguments: Vec<PathBuf>,
    folder: PathBuf,
}

impl Runner {
    /// All that send the `count` requests of the pack in `folder`.
    pub fn all(folder: &Path, url: &str, count: usize, files: &[PathBuf]) -> Vec<Self> {
        let requests = count as u64;
        let new = |name: &str, kind, program: &Path, arguments: &[&str]| Self {
            name: name.to_owned(),
            kind,
            requests,
            program: program.to_owned(),
            arguments: arguments.iter().map(PathBuf::from).collect(),
            folder: folder.to_owned(),
        };
        let failspec = Path::new(env!("CARGO_BIN_EXE_failspec"));
        let own = |name, extra: &[&str]| {
            let arguments = ["run", "--packs", ".", "--snapshots", "check", "--quiet"];
            new(name, Kind::Failspec, failspec, &[&arguments, extra].concat())
        };
        let mut runners = vec![own("failspec", &[])];
        let number = count.to_string();
        runners.push(own(
            "failspec, JSON + JUnit + HTML",
            &["--report", "json=r.json", "--report", "junit=r.xml", "--report", "html=r.html"],
        ));
        if count > 1 {
            runners.push(own("failspec over https", &["--target", "https"]));
        }
        if count == 1 {
            let arguments = ["run", "kubeglass::unauthorized", "--reference", "--quiet"];
            runners.push(Self {
                requests: 0,
                ..new("failspec --reference", Kind::Failspec, failspec, &arguments)
            });
        }
        let this = env::current_exe().unwrap_or_default();
        runners.push(new("a bare reqwest loop", Kind::Limit, &this, &[REQWEST, url, &number]));
        if let Some(oha) = on_path("oha").filter(|_| count > 1) {
            let jobs = JOBS.to_string();
            let address = format!("{url}/things/0");
            let arguments = ["--no-tui", "--output-format", "quiet", "-n", &number, "-c", &jobs, &address];
            runners.push(new("oha, no checks", Kind::Limit, &oha, &arguments));
        }
        // A hundred thousand files do not fit into one command line.
        if let Some(hurl) = on_path("hurl").filter(|_| count <= 10_000) {
            let mut ways = vec![("hurl", vec!["--test"])];
            if count > 1 {
                ways.push(("hurl --jobs 16", vec!["--test", "--jobs", "16"]));
                ways.push((
                    "hurl --jobs 16, JUnit",
                    vec!["--test", "--jobs", "16", "--report-junit", "h.xml"],
                ));
                ways.push((
                    "hurl --jobs 16, JSON",
                    vec!["--test", "--jobs", "16", "--report-json", "h-json"],
                ));
                ways.push((
                    "hurl --jobs 16, HTML",
                    vec!["--test", "--jobs", "16", "--report-html", "h-html"],
                ));
            }
            for (name, arguments) in ways {
                let mut runner = new(name, Kind::Rival, &hurl, &arguments);
                runner.arguments.extend(files.iter().cloned());
                runners.push(runner);
            }
        }
        runners
    }

    /// Creates runners that read the pack in `folder` and send nothing.
    pub fn without_target(folder: &Path) -> Vec<Self> {
        let ways: [(&str, &[&str]); 4] = [
            ("failspec list", &["list", "--packs", "."]),
            ("failspec list things", &["list", "--packs", ".", "things"]),
            ("failspec lint", &["lint", "--packs", "."]),
            ("failspec --help", &["--help"]),
        ];
        ways.map(|(name, arguments)| Self {
            name: name.to_owned(),
            kind: Kind::Failspec,
            requests: 0,
            program: PathBuf::from(env!("CARGO_BIN_EXE_failspec")),
            arguments: arguments.iter().map(PathBuf::from).collect(),
            folder: folder.to_owned(),
        })
        .into()
    }

    /// Runs it once.
    ///
    /// # Errors
    /// When it does not find what it must find.
    pub fn run(&self) -> io::Result<Cost> {
        // The reports of hurl's last run would be added to.
        for report in ["h-json", "h-html"] {
            let _ = std::fs::remove_dir_all(self.folder.join(report));
        }
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).args(&self.arguments).env_remove("CI").env("NO_COLOR", "1");
        run(&mut command, CONFORMS)
            .map_err(|error| io::Error::other(format!("{}: {}", self.name, shortened(&error))))
    }
}

/// A command line of thousands of files says nothing.
fn shortened(error: &io::Error) -> String {
    let text = error.to_string();
    let lines = text.lines().map(|line| line.chars().take(300).collect::<String>());
    lines.collect::<Vec<_>>().join("\n")
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(OsStr::new(program))).find(|file| file.is_file())
}

/// Sends `count` requests, [`JOBS`] at a time, and reads the responses to their end.
///
/// # Errors
/// When there is no runtime, or a request fails.
pub fn reqwest_loop(url: &str, count: usize) -> io::Result<()> {
    // Without TLS none of it is needed, and the client is made as failspec's is.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build();
        let client = client.map_err(io::Error::other)?;
        let mut all = stream::iter(0..count)
            .map(|number| {
                let request = client.get(format!("{url}/things/{number}")).header("X-Trace", "loop");
                tokio::spawn(async move { request.send().await?.bytes().await })
            })
            .buffer_unordered(JOBS);
        while let Some(response) = all.next().await {
            response.map_err(io::Error::other)?.map_err(io::Error::other)?;
        }
        Ok(())
    })
}
