//! `failspec drift --openapi` of built-in packs whose own document is not the publisher's. The documents here have the
//! form of those that the publishers have, in a few lines.

use std::fs;

use crate::support::{Done, done, failspec};

fn drift(pack: &str, document: &str) -> Done {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("now.yaml"), document).unwrap();
    done(failspec(folder.path()).args(["drift", pack, "--openapi", "now.yaml"]))
}

/// Returns a document with these paths, in which every operation has these responses.
fn document(paths: &[(&str, &str)], schemas: &str) -> String {
    let paths: String = paths.iter().map(|(path, item)| format!("  {path}: {{ {item} }}\n")).collect();
    format!(
        "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n{paths}components:\n  schemas:\n{schemas}"
    )
}

const SERVERS: &str = "/v1/regions/{r}/projects/{p}/infrastructure/servers";

/// The servers of k0rdent AI: resources without an envelope, and errors with a number for a code.
fn k0rdent() -> String {
    let json = |schema: &str| {
        format!("content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/{schema}' }} }} }}")
    };
    let errors: String = ["400", "401", "403", "404", "409", "500"]
        .map(|status| format!("'{status}': {{ description: x, {} }}", json("Error")))
        .join(", ");
    let operation = |method: &str, status: &str, more: &str| {
        format!(
            "{method}: {{ {more} responses: {{ '{status}': {{ description: x, {} }}, {errors} }} }}",
            json("Server")
        )
    };
    let body = |schema: &str| format!("requestBody: {{ required: true, {} }}, ", json(schema));
    let query = "parameters: [ { name: pageSize, in: query, schema: { type: integer } }, \
                 { name: pageToken, in: query, schema: { type: string } } ], ";
    let (get, patch, delete) = (
        operation("get", "200", ""),
        operation("patch", "200", &body("NewServer")),
        operation("delete", "204", ""),
    );
    document(
        &[
            (
                SERVERS,
                &[operation("get", "200", query), operation("post", "201", &body("NewServer"))].join(", "),
            ),
            (&format!("{SERVERS}/{{id}}"), &[get, patch, delete].join(", ")),
            (&format!("'{SERVERS}/{{id}}:provision'"), &operation("post", "202", &body("Server"))),
            (&format!("'{SERVERS}:batchCreate'"), &operation("post", "200", &body("Batch"))),
            ("/v1/regions/{r}/clusters", &operation("get", "200", "")),
        ],
        "    Error: { type: object, properties: { error: { type: object, properties: { code: { type: integer }, \
         message: { type: string }, details: { type: array } } } } }\n    \
         Server: { type: object, properties: { id: { type: string }, uid: { type: string } } }\n    \
         NewServer: { type: object, required: [bmcAddress], properties: { bmcAddress: { type: string }, \
         displayName: { type: string }, tags: { type: object } } }\n    \
         Batch: { type: object, properties: { servers: { type: array } } }\n",
    )
}

#[test]
fn k0rdent_differs_from_its_document_in_statuses_envelope_and_codes() {
    let mut found = drift("k0rdent", &k0rdent()).exits(1);
    for text in [
        "semantic_error: its status is not declared",
        "rate_limited: its status is not declared",
        "bulk_partial_failure: its status is not declared",
        "the code at /error/code is declared as integer",
        "no success with /success is declared for",
        "inferred operations that are not declared either (8)",
        "get_workflow (GET /v1/regions/{region}/projects/{project}/infrastructure/workflows/{id}) is not declared",
        "declared operations that are not in the contract: 1",
    ] {
        found = found.says(text);
    }
    // Routes and bodies of servers are those of the document, whatever its parameters are called.
    for text in ["is published in the contract and not declared", "declares no", "was removed", "is new"] {
        found = found.never_says(text);
    }
}

#[test]
fn published_operations_and_parts_must_be_declared() {
    let without = |from: &str, to: &str| {
        assert!(k0rdent().contains(from), "{from}");
        drift("k0rdent", &k0rdent().replace(from, to)).exits(1)
    };
    without(":provision", ":start")
        .says("provision_server (POST")
        .says("is published in the contract and not declared");
    without("displayName:", "label:").says("create_server declares no member `/displayName` of the body");
    without("name: pageSize", "name: size").says("list_servers declares no query parameter `pageSize`");
    without("/v1/regions/{r}/clusters", &format!("{SERVERS}/{{id}}:inspect"))
        .says("inspect_server (POST")
        .says("(8)");
    let inspect = k0rdent().replace(":provision'", ":inspect'");
    drift("k0rdent", &inspect).exits(1).says("is inferred in the contract and declared").says("either (7)");
}

/// Apinizer: another envelope for errors and successes, and neither 403 nor 409.
#[test]
fn apinizer_differs_from_its_document_in_statuses_and_envelope() {
    let answer = "content: { application/json: { schema: { $ref: '#/components/schemas/Result' } } }";
    let responses = format!(
        "responses: {{ '200': {{ description: x, {answer} }}, '400': {{ description: x, {answer} }}, \
         '401': {{ description: x, {answer} }}, '404': {{ description: x, {answer} }}, '500': {{ description: x, {answer} }} }}"
    );
    let get = format!("get: {{ {responses} }}");
    let (post, delete) = (format!("post: {{ {responses} }}"), format!("delete: {{ {responses} }}"));
    let (proxies, groups) =
        ("/apiops/projects/{projectName}/apiProxies", "/apiops/projects/{projectName}/apiProxyGroups");
    let text = document(
        &[
            ("/apiops/auth/token", &post),
            ("/apiops/projects/", &get),
            (&format!("{proxies}/"), &get),
            (&format!("{proxies}/url/"), &post),
            (&format!("{proxies}/{{apiProxyName}}/"), &format!("{get}, {delete}")),
            (&format!("{groups}/"), &format!("{get}, {post}")),
            (&format!("{groups}/{{apiProxyGroupName}}/"), &delete),
            (&format!("{groups}/{{g}}/apiProxies/{{n}}/"), &format!("{post}, {delete}")),
        ],
        "    Result: { type: object, properties: { status: { enum: [SUCCESS, FAILURE] }, \
         resultMessage: { type: string } } }\n",
    );
    let mut found = drift("apinizer", &text).exits(1);
    for text in [
        "forbidden: its status is not declared",
        "access_denied: its status is not declared",
        "conflict: its status is not declared",
        "duplicate_name: its status is not declared",
        "no code at /error is declared for",
        "no message at /error_description is declared for",
        "no success with /access_token or /success is declared for",
        "declared operations that are not in the contract: 1",
    ] {
        found = found.says(text);
    }
    for text in ["is published in the contract and not declared", "was removed", "not_found: its status"] {
        found = found.never_says(text);
    }
}
