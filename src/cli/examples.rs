//! What `--help` teaches: examples that can be typed as they stand. A test tries them.

pub(super) const EXAMPLES: &str = "\
Examples:
  failspec run --reference
      what a run looks like: every built-in pack on its embedded reference implementation
  failspec run kubeglass --url http://localhost:8080 --role editor=bearer:env:TOKEN
      one pack on your API
  failspec list kubeglass
      the names that selectors are made of
  failspec explain not-rejected
      what a check demands, and why
  failspec lint --packs .
      what a pack of your own leaves untested

Exit codes: 0 conforms · 1 violations · 2 files or options are wrong, nothing was sent · 3 inconclusive · \
4 incomplete · 130 interrupted";

pub(super) const COMPLETIONS_HELP: &str = "\
Examples:
  failspec completions bash > ~/.local/share/bash-completion/completions/failspec
  failspec completions zsh > \"${fpath[1]}/_failspec\"
  failspec completions fish > ~/.config/fish/completions/failspec.fish";

pub(super) const SWEEP_EXAMPLES: &str = "\
Names that scenarios create carry failspec-RUN-N; nothing else is removed. Exit code 3 if something is still there.

Examples:
  failspec cleanup kubeglass --target staging --dry-run
      what runs on staging left behind
  failspec cleanup kubeglass --target staging
      removes it; not while another run is under way, whose things would go, too
  failspec cleanup kubeglass --target staging --run k3x9a1
      only what that run made";

pub(super) const IMPORT_EXAMPLES: &str = "\
Writes schemas/NAME, scenarios/NAME and what it could not tell. Nothing that you have written is written over.

Examples:
  failspec import openapi openapi.yaml --name myapi
      a pack that runs at once: each request breaks one rule of the document
  failspec import docs errors.md --name myapi
      a contract with each documented failure, and a stub of a scenario for each
  failspec import docs page.html --name myapi --documentation https://example.com/docs/errors
      the page lies elsewhere for those who read the contract";

pub(super) const IMPORT_OPENAPI_EXAMPLES: &str = "\
Writes schemas/NAME and scenarios/NAME/generated.yaml; where they are there, the generated scenarios alone.

Examples:
  failspec import openapi openapi.yaml --name myapi
      contract, and scenarios with controls for what the document alone can trigger
  failspec import openapi openapi.yaml --name myapi --allow-writes --value petId=17
      POST, PUT, PATCH and DELETE too, on what the run makes; and a pet that is there
  failspec run myapi --packs . --url http://localhost:8080 --role user=bearer:env:TOKEN
      runs it";

pub(super) const DIFF_EXAMPLES: &str = "\
Exit code 1 if a change breaks clients, or a run got worse.

Examples:
  failspec diff myapi@2026-03 myapi --packs .
      what the newest contract changed, by what it does to clients
  failspec diff old/contract.yaml schemas/myapi/contract.yaml --report markdown=diff.md
      the same between two checkouts, as a comment for a pull request
  failspec diff before.json after.json
      what got better, worse, new and gone from one run to another";

pub(super) const DRIFT_EXAMPLES: &str = "\
Exit code 1 if contract and documentation disagree, 2 if the page says nothing that could be compared.

Examples:
  failspec drift myapi --packs . --docs errors.md
      codes, statuses and envelopes that only one of them has
  failspec drift myapi --packs . --docs errors.md --report github
      the same as annotations and as the summary of the step
  failspec drift myapi --packs . --openapi openapi.yaml
      the contract against the OpenAPI document as it is now";

pub(super) const LIST_EXAMPLES: &str = "\
Examples:
  failspec list
      the packs
  failspec list kubeglass
      every case of one
  failspec list 'kubeglass::*::read_*' --packs .
      some cases, of the packs in this folder";

pub(super) const LINT_EXAMPLES: &str = "\
Examples:
  failspec lint
      the built-in packs
  failspec lint --packs . notes
      your own pack `notes`, in schemas/notes and scenarios/notes";

pub(super) const COVERAGE_EXAMPLES: &str = "\
Examples:
  failspec coverage kubeglass
      its failures, their scenarios, and what contradicts itself in its documentation";

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  failspec explain
      all checks, one line each
  failspec explain request-id-reused
      what one of them demands, where the rule is from, and what to do";

pub(super) const SCHEMA_EXAMPLES: &str = "\
Examples:
  failspec schema scenario > scenario.schema.json
      for an editor: # yaml-language-server: $schema=scenario.schema.json";

pub(super) const SNAPSHOTS_EXAMPLES: &str = "\
Examples:
  failspec run --snapshots report
      writes what differs from the approved response as .snap.new
  failspec snapshots review
      shows each difference and asks
  failspec snapshots accept snapshots/staging
      approves all of one target";

pub(super) const SERVE_EXAMPLES: &str = "\
Examples:
  failspec serve kubeglass --target-file failspec.toml
      serves it, and writes the target that describes it; then, elsewhere: failspec run kubeglass
  failspec serve kubeglass --mutant list
      the deliberate mistakes, and the harmless changes
  failspec serve kubeglass --mutant stale-version-accepted --target-file wrong.toml
      with one of them, to see what a failing run looks like";

pub(super) const WAIVE_HELP: &str = "\
A waived scenario still runs. When nothing that a waiver names is broken any more, or it has expired, the run fails \
and says so: what was mended stays mended. What only the whole run can see cannot be waived, nor what could not be \
judged or was not exercised.

Examples:
  failspec run kubeglass --report json=report.json
  failspec waive report.json
      prints a [[waivers]] table for each violation
  failspec waive report.json --config failspec.toml --issue https://issues.example.com/1234 --expires 30d
      appends those that are not there yet";

pub(super) const MERGE_HELP: &str = "\
The verdict and the exit code are those that one whole run would have had: coverage, stale waivers, unreferenced \
snapshots and request ids that two shards got are judged here. Reports that do not belong together are refused (exit \
code 2): other packs, targets, selectors or options, and missing or doubled shards.

Examples:
  failspec run kubeglass --shard 1/2 --report json=shard-1.json
  failspec run kubeglass --shard 2/2 --report json=shard-2.json
  failspec merge shard-1.json shard-2.json --report json=whole.json";

pub(super) const SCENARIO_EXAMPLES: &str = "\
Examples:
  failspec scenario new --help
      what a scenario can be made of";

pub(super) const CHECK_TARGET_EXAMPLES: &str = "\
Examples:
  failspec check-target kubeglass --target staging
      what staging brings and missing_requirements, and whether each role works";

pub(super) const CERTIFY_EXAMPLES: &str = "\
Snapshots play no part, and a waiver is no pass. Exit code 0 if the profile was passed, else that of the run, or 4.

Examples:
  failspec certify kubeglass --target staging --out certificate.json --key env:CERTIFY_KEY
      what a request alone can trigger, on the target staging of failspec.toml
  failspec certify kubeglass --target staging --profile full --out full.json --key failspec.key --nonce 4711
      with conditions; whoever asked for it gave the nonce";

pub(super) const KEYGEN_EXAMPLES: &str = "\
Examples:
  failspec keygen
      failspec.key for you alone, failspec.key.pub for everybody
  failspec keygen --out release.key
      under another name";

pub(super) const VERIFY_EXAMPLES: &str = "\
Exit codes: 0 verified, by a key that you trust, and a pass · 1 not to be believed, or no pass · 2 a file cannot be \
read · 3 it agrees with itself, and nothing says whose key signed it.

Examples:
  failspec verify certificate.json --public-key acme.pub
      is it what it says, and was it Acme?
  failspec verify certificate.json --programme programme.toml --max-age 90d
      does the programme accept it?";

pub(super) const BADGE_EXAMPLES: &str = "\
Examples:
  failspec badge certificate.json --public-key acme.pub --svg badge.svg
      a picture for a web page
  failspec badge certificate.json --programme programme.toml --endpoint badge.json
      for https://shields.io/badges/endpoint-badge";

pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  failspec run --reference
      every built-in pack on its embedded reference implementation
  failspec run kubeglass --url http://localhost:8080 --role editor=bearer:env:TOKEN
      one pack on your API
  failspec run kubeglass::conflict kubeglass::invalid_* --target staging
      some failures, on a target of failspec.toml
  failspec run kubeglass --shard 2/3 --report json=shard-2.json
      a third of the scenarios; `failspec merge` judges the whole";

pub(super) const INIT_EXAMPLES: &str = "\
Examples:
  failspec init notes
      a pack of your own: schemas/notes and scenarios/notes, which run at once
  failspec init --from kubeglass
      a copy of a built-in pack, to edit
  failspec init --target staging --pack kubeglass
      an empty target in failspec.toml, with what the pack requires as comments";
