//! The parts of the root: servers and security schemes.

use serde_json::{Map, Value, json};

use super::{At, Conversion, texts};

impl Conversion<'_> {
    pub(super) fn servers_and_security(&mut self, root: &At<'_>) {
        let servers = servers(root);
        if !servers.is_empty() && root.value.get("servers").is_none() {
            self.edit(root, "servers", servers.into());
        }
        let definitions = root.get("securityDefinitions");
        let schemes: Map<String, Value> = definitions
            .iter()
            .flat_map(At::entries)
            .map(|(name, at)| (name.to_owned(), scheme(&at)))
            .collect();
        self.edit(root, "components", json!({ "securitySchemes": schemes }));
    }
}

/// Returns the servers that `schemes`, `host` and `basePath` describe.
fn servers(root: &At<'_>) -> Vec<Value> {
    let path = root.text("basePath").unwrap_or_default().trim_end_matches('/');
    let path = if path.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let Some(host) = root.text("host").filter(|host| !host.is_empty()) else {
        return if path.is_empty() { Vec::new() } else { vec![json!({ "url": path })] };
    };
    let mut schemes = texts(root.get("schemes"));
    if schemes.is_empty() {
        schemes.push("https".to_owned());
    }
    schemes.iter().map(|scheme| json!({ "url": format!("{scheme}://{host}{path}") })).collect()
}

/// Converts a security definition.
fn scheme(at: &At<'_>) -> Value {
    match at.text("type") {
        Some("basic") => json!({ "type": "http", "scheme": "basic" }),
        Some("oauth2") => json!({ "type": "oauth2", "flows": {} }),
        _ => at.value.clone(),
    }
}
