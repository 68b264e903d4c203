//! The examples in `--help`. Each is a complete command line; a test parses them.

pub(super) const EXAMPLES: &str = "\
Examples:
  failspec run --reference
      run the built-in packs against their embedded reference implementations
  failspec run kubeglass --url http://localhost:8080 --role editor=bearer:env:TOKEN
      run one pack against your API
  failspec list kubeglass
      list the cases of a pack; selectors match their names
  failspec explain not-rejected
      explain what a check requires, and why
  failspec lint --packs .
      find what your own packs leave untested

Exit codes: 0 conforms · 1 violations · 2 invalid files or options, nothing was sent · 3 inconclusive · \
4 incomplete · 130 interrupted";

pub(super) const COMPLETIONS_HELP: &str = "\
Examples:
  failspec completions bash > ~/.local/share/bash-completion/completions/failspec
  failspec completions zsh > \"${fpath[1]}/_failspec\"
  failspec completions fish > ~/.config/fish/completions/failspec.fish";

pub(super) const IMPORT_TRAFFIC_EXAMPLES: &str = "\
Writes schemas/NAME and scenarios/NAME. It is a draft: what was seen is not what is documented, so everything in it is \
inferred. Credentials become roles and variables.

Examples:
  failspec import traffic traffic.har --name myapi --url https://api.example.com
      create a contract with each failure in a recording, and scenarios with controls";

pub(super) const OBSERVE_EXAMPLES: &str = "\
Nothing is sent. Each response is judged by every check that needs no scenario. No request has a control, so \
failures are seen, never exercised.

Examples:
  failspec observe shop traffic.har --packs . --url https://api.example.com
      judge what a browser recorded
  failspec observe shop *.har --target staging --min-coverage 60
      fail unless 60 % of the documented failures were seen
  zcat nightly.har.gz | failspec observe shop - --target staging --report html=seen.html
      read standard input, and write a report

Exit codes: 0 no violations seen · 1 violations · 2 nothing of it belongs to the target, or it cannot be read · \
3 no response could be judged · 4 less was seen than --min-coverage";

pub(super) const PROXY_EXAMPLES: &str = "\
A reverse proxy on loopback: point an existing test suite at it. Bytes pass unchanged; findings are shown as they \
happen, and the whole report at Ctrl-C.

Examples:
  failspec proxy shop --packs . --to http://127.0.0.1:8080 --listen 127.0.0.1:9000
      judge what a test suite causes at port 9000
  failspec proxy shop --packs . --to https://staging.example.com --har traffic.har
      write down the exchanges as well, without credentials
  failspec proxy shop --packs . --to http://127.0.0.1:8080 --enforce
      let the test fail that gets a response with a violation

Exit codes: 0 no violations seen · 1 violations · 2 no request came, or files or options are wrong · \
3 no response could be judged · 4 less was seen than --min-coverage";

pub(super) const SWEEP_EXAMPLES: &str = "\
Removes only resources with failspec-RUN-N in their names, as scenarios create them. Exit code 3 if \
resources could not be listed or removed.

Examples:
  failspec cleanup kubeglass --target staging --dry-run
      list what earlier runs left behind on staging
  failspec cleanup kubeglass --target staging
      remove it; not during another run, because its resources would be removed too
  failspec cleanup kubeglass --target staging --run k3x9a1
      remove only what that run created";

pub(super) const IMPORT_EXAMPLES: &str = "\
Writes schemas/NAME and scenarios/NAME, and prints what it could not determine. Never overwrites your own \
files.

Examples:
  failspec import openapi openapi.yaml --name myapi
      create a pack that can be run at once: each request breaks one rule of the document
  failspec import docs errors.md --name myapi
      create a contract with each documented failure, and a scenario stub for each
  failspec import docs page.html --name myapi --documentation https://example.com/docs/errors
      the same, with the public URL of the page in the contract";

pub(super) const IMPORT_OPENAPI_EXAMPLES: &str = "\
Writes schemas/NAME and scenarios/NAME/generated.yaml. If the pack exists, rewrites only generated.yaml and \
the copy of the document.

Examples:
  failspec import openapi openapi.yaml --name myapi
      create a contract, and scenarios with controls, from the document
  failspec import openapi openapi.yaml --name myapi --allow-writes --value petId=17
      test POST, PUT, PATCH and DELETE too, on resources that the run creates; pet 17 exists
  failspec run myapi --packs . --url http://localhost:8080 --role user=bearer:env:TOKEN
      run the pack";

pub(super) const DIFF_EXAMPLES: &str = "\
Exit code 1 if a change breaks clients, or a run or certificate got worse.

Examples:
  failspec diff myapi@2026-03 myapi --packs .
      list the changes of the newest contract, by their effect on clients
  failspec diff old/contract.yaml schemas/myapi/contract.yaml --report markdown=diff.md
      compare two checkouts, and write Markdown for a pull request comment
  failspec diff before.json after.json
      list what is better, worse, new and gone in the second run";

pub(super) const DRIFT_EXAMPLES: &str = "\
Exit code 1 if contract and documentation differ, 2 if the page contains nothing to compare.

Examples:
  failspec drift myapi --packs . --docs errors.md
      list codes, statuses and envelopes that only one of them has
  failspec drift myapi --packs . --docs errors.md --report github
      the same, as annotations and as the step summary
  failspec drift myapi --packs . --openapi openapi.yaml
      compare the contract with the current OpenAPI document";

pub(super) const EXPORT_EXAMPLES: &str = "\
Inferred failures are left out. `failspec drift` of what was exported finds no difference.

Examples:
  failspec export myapi markdown --packs . -o errors.md
      write the table of codes, statuses and meanings for a documentation page
  failspec export myapi overlay --packs . --openapi openapi.yaml -o errors.overlay.json
      write an OpenAPI Overlay that declares each failure at the operations that can fail so
  failspec export myapi codes --packs .
      print the codes as JSON, to generate constants of a client from";

pub(super) const LIST_EXAMPLES: &str = "\
Examples:
  failspec list
      list the packs
  failspec list kubeglass
      list every case of one pack
  failspec list 'kubeglass::*::read_*' --packs .
      list some cases of the packs in this folder";

pub(super) const LINT_EXAMPLES: &str = "\
Examples:
  failspec lint
      check your packs (`packs` in failspec.toml), or without any the built-in ones
  failspec lint --packs . notes
      check your own pack `notes`, in schemas/notes and scenarios/notes";

pub(super) const COVERAGE_EXAMPLES: &str = "\
Examples:
  failspec coverage kubeglass
      list its failures, their scenarios, and known errors in its documentation";

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  failspec explain
      list all checks, one per line
  failspec explain request-id-reused
      explain one check: its rule, the source of the rule, and what to do
  failspec explain kubeglass::conflict
      show the contract entry of a failure and its scenarios, as they are written, with their places
  failspec explain --packs . shop::invalid::create_without_a_name
      show one scenario of your own pack, with the failure that it triggers";

pub(super) const SCHEMA_EXAMPLES: &str = "\
Examples:
  failspec schema scenario > scenario.schema.json
      for an editor, with this comment in the file: # yaml-language-server: $schema=scenario.schema.json";

pub(super) const SNAPSHOTS_EXAMPLES: &str = "\
Examples:
  failspec run --snapshots report
      write each response that differs from the approved one as .snap.new
  failspec snapshots review
      show each difference and ask
  failspec snapshots accept snapshots/staging
      approve all changed responses of one target";

pub(super) const MOCK_EXAMPLES: &str = "\
A mock is made from the pack alone, for developers of clients. Requests of the scenarios get their failure, controls a \
success; `Prefer: failure=ID` (also ID/CAUSE, or a code) brings any documented failure about. It proves nothing about \
any API: each response says so in the header failspec-mock, a run on it says so, and it cannot be certified.

Examples:
  failspec mock notes
      start a mock of the pack in the current folder; its URL is printed
  failspec mock kubeglass --listen 127.0.0.1:8080 --target-file mock.toml
      and write a target for it; then, in another terminal: failspec run kubeglass --config mock.toml
  curl -H 'Prefer: failure=conflict' http://127.0.0.1:8080/
      get a documented failure";

pub(super) const SERVE_EXAMPLES: &str = "\
Examples:
  failspec serve kubeglass --target-file failspec.toml
      start a server, and write a target for it; then, in another terminal: failspec run kubeglass
  failspec serve kubeglass --mutant list
      list the mutants, wrong and harmless
  failspec serve kubeglass --mutant stale-version-accepted --target-file wrong.toml
      start one of them, to see what a failing run looks like";

pub(super) const WAIVE_HELP: &str = "\
A waived scenario still runs. The run fails if a waiver has expired, or if it no longer matches a \
violation: a fixed violation stays fixed. Findings about the whole run, inconclusive cases and failures \
that were not exercised cannot be waived.

Examples:
  failspec run kubeglass --report json=report.json
  failspec waive report.json
      print a [[waivers]] table for each violation
  failspec waive report.json --config failspec.toml --issue https://issues.example.com/1234 --expires 30d
      append those that are not there yet";

pub(super) const MERGE_HELP: &str = "\
The verdict and the exit code are those of one run without shards: coverage, stale waivers, unreferenced \
snapshots and request ids that two shards received are judged here. Reports that are not of one run are \
rejected (exit code 2): different packs, targets, selectors or options, and missing or duplicate shards.

Examples:
  failspec run kubeglass --shard 1/2 --report json=shard-1.json
  failspec run kubeglass --shard 2/2 --report json=shard-2.json
  failspec merge shard-1.json shard-2.json --report json=whole.json";

pub(super) const SCENARIO_EXAMPLES: &str = "\
Examples:
  failspec scenario new --help
      show the options for a scenario from a curl command line";

pub(super) const CHECK_TARGET_EXAMPLES: &str = "\
Examples:
  failspec check-target kubeglass --target staging
      list what staging provides, what is missing, and whether each role works";

pub(super) const CERTIFY_EXAMPLES: &str = "\
Snapshots are not compared, and a waived violation is not a pass. Exit code 0 if the profile was passed; \
otherwise the exit code of the run, or 4 if that is 0.

Examples:
  failspec certify kubeglass --target staging --out certificate.json --key env:CERTIFY_KEY
      certify what requests can trigger without conditions, on the target staging of failspec.toml
  failspec certify kubeglass --target staging --profile full --out full.json --key failspec.key --nonce 4711
      the same with conditions; the nonce comes from the recipient of the certificate
  failspec certify kubeglass --profile full --list
      list what the profile requires, and the digest of the pack; nothing is sent";

pub(super) const KEYGEN_EXAMPLES: &str = "\
Examples:
  failspec keygen
      write failspec.key (keep it private) and failspec.key.pub (share it)
  failspec keygen --out release.key
      use another file name";

pub(super) const VERIFY_EXAMPLES: &str = "\
Exit codes: 0 verified, signed with a trusted key, and passed · 1 verification failed, or not passed · 2 a \
file cannot be read · 3 consistent, but the key is not trusted.

Examples:
  failspec verify certificate.json --public-key acme.pub
      verify it, and that it is signed with Acme's key
  failspec verify certificate.json --programme programme.toml --max-age 90d
      verify it, and that the programme accepts it
  failspec verify certificate.json --public-key acme.pub --report html=certificate.html
      also write a page for people";

pub(super) const BADGE_EXAMPLES: &str = "\
Examples:
  failspec badge certificate.json --public-key acme.pub --svg badge.svg
      create an SVG for a web page
  failspec badge certificate.json --programme programme.toml --endpoint badge.json
      create the JSON for https://shields.io/badges/endpoint-badge";

pub(super) const BOARD_EXAMPLES: &str = "\
A certificate lies next to its report (x.json, x.report.json). One that is not verified, or whose key the programme \
does not trust, is left out and named (exit code 1). Those that expired are a part of the history of their product.

Examples:
  failspec board certificates/*.json --programme programme.toml --out board
      write board/index.html, a page and a badge for each product, and board.json
  failspec board *.json --programme p.toml --out board --older-packs v1
      verify older certificates against the pack of their time";

pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  failspec run --reference
      run the built-in packs against their embedded reference implementations
  failspec run kubeglass --url http://localhost:8080 --role editor=bearer:env:TOKEN
      run one pack against your API; the environment variable TOKEN holds the token
  failspec run kubeglass::conflict kubeglass::invalid_* --target staging
      run the scenarios of some failures on a target of failspec.toml
  failspec run kubeglass --target staging --only method=DELETE --dry-run
      print the requests of the cases that delete something, and send nothing
  failspec run --target staging --report json=r.json --rerun failed
      run the cases that failed in the last report again
  failspec run notes --exclude tag=slow --watch
      run your pack without its slow cases, and again what a changed file touches, until Ctrl-C
  failspec run kubeglass --shard 2/3 --report json=shard-2.json
      run a third of the scenarios; `failspec merge` gives the verdict on all of them";

pub(super) const INIT_EXAMPLES: &str = "\
Examples:
  failspec init notes
      create your own pack in schemas/notes and scenarios/notes; it can be run at once
  failspec init notes --style problem-json
      the same for an API whose errors are of this style; to be edited
  failspec init --from kubeglass
      copy a built-in pack, to edit it
  failspec init --target staging --pack kubeglass
      add an empty target to failspec.toml, with what the pack requires as comments
  failspec init --programme Acme --pack kubeglass
      write programme.toml, the rules by which certificates are accepted";
