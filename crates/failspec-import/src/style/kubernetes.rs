//! `Status` of the Kubernetes API.

use super::{Promises, Style};

pub(super) static STYLE: Style = Style {
    name: "kubernetes",
    title: "Status of the Kubernetes API",
    specification: "https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/",
    media_types: &[],
    members: &[
        &["/apiVersion", "/kind", "/reason", "/code"],
        &["/apiVersion", "/kind", "/details/causes", "/code"],
    ],
    // Only `kind` and `apiVersion` are on every Status.
    promises: Promises::NONE,
    contract: r#"
# yaml-language-server: $schema=../contract.schema.json
# The documented failures of NAME, as Status of the Kubernetes API. All keys: `failspec schema contract`
contract: NAME
as_of: TODAY
documentation: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
success: { status: 2xx }
envelope:
  media_type: application/json
  code: /reason
  message: /message
  status: /code
  schema:
    type: object
    required: [kind, apiVersion, status]
    properties:
      kind: { const: Status }
      apiVersion: { const: v1 }
      status: { const: Failure }
      message: { type: string }
      reason: { type: string }
      code: { type: integer }
      details: { type: object, properties: { causes: { type: array, items: { type: object, properties: { reason: { type: string }, message: { type: string }, field: { type: string } } } } } }
requires:
  # Where a token is needed: `roles: { user: may read and create config maps }` here, and `as: user` in the scenarios.
  variables:
    namespace: { about: a namespace that exists, default: default }
    configmap: { about: a config map in it that exists, default: kube-root-ca.crt }
operations:
  get_configmap: GET /api/v1/namespaces/{namespace}/configmaps/{configmap}
  add_configmap: POST /api/v1/namespaces/{namespace}/configmaps
failures:
  - id: not_found
    status: 404
    code: NotFound
    summary: The resource does not exist
  - id: invalid
    status: 422
    code: Invalid
    summary: A field of the resource is not valid
    names: /details/causes/*/field
"#,
    scenarios: r#"
# yaml-language-server: $schema=../../schemas/scenario.schema.json
# Requests that must fail as the contract says, each with a control. All keys: `failspec schema scenario`
contract: NAME
scenarios:
  read_an_absent_config_map:
    triggers: not_found
    request: get_configmap
    path: { configmap: "absent-${unique}" }
    control: { path: { configmap: "${configmap}" } }
  name_a_config_map_in_upper_case:
    triggers: invalid
    request: add_configmap
    query: { dryRun: All }          # nothing is stored
    json: { apiVersion: v1, kind: ConfigMap, metadata: { name: "Upper-${unique}" } }
    control: { json: { apiVersion: v1, kind: ConfigMap, metadata: { name: "${unique}" } } }
"#,
    edit: &[
        (0, "/operations", "the paths of your resources"),
        (0, "/failures", "the documented failures"),
        (1, "/scenarios", "requests that must fail, and what must succeed without the fault"),
    ],
};
