//! The version of a document.

use serde_json::Value;

/// The specification that a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Swagger 2.0. It is converted to the model of OpenAPI 3.0 when it is read.
    V20,
    /// OpenAPI 3.0.x. Its schemas use a dialect of their own.
    V30,
    /// OpenAPI 3.1.x. Its schemas are JSON Schema 2020-12.
    V31,
    /// OpenAPI 3.2 and later.
    V32,
}

impl Version {
    /// Reads the version of the root value of a document.
    ///
    /// # Errors
    /// Returns the reason if it is not a document of a supported version.
    pub(super) fn of(root: &Value) -> Result<Self, String> {
        // `openapi: 3.0` without quotes is a number in YAML.
        let text = |key: &str| {
            let value = root.get(key)?;
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some(text.chars().take(40).collect::<String>())
        };
        let shown = |version: &str| format!("`{}`", version.escape_debug());
        if let Some(version) = text("openapi") {
            let minor =
                version.strip_prefix("3.").map(|rest| rest.split(['.', '-']).next().unwrap_or_default());
            return match minor.map(str::parse::<u32>) {
                Some(Ok(0)) => Ok(Self::V30),
                Some(Ok(1)) => Ok(Self::V31),
                Some(Ok(_)) => Ok(Self::V32),
                _ => Err(format!("its version is {}; 2.0, 3.0, 3.1 or 3.2 is required", shown(&version))),
            };
        }
        match text("swagger") {
            Some(version) if version == "2.0" || version == "2" => Ok(Self::V20),
            Some(version) => Err(format!("it is Swagger {}; 2.0 or OpenAPI 3 is required", shown(&version))),
            None => Err("it has no key `openapi`".to_owned()),
        }
    }

    /// Returns true if its schemas use the dialect of OpenAPI 3.0, in which keys next to a `$ref` are ignored.
    pub fn has_old_schemas(self) -> bool {
        self <= Self::V30
    }

    /// Returns true if a path item can have `query` and `additionalOperations`.
    pub fn has_more_methods(self) -> bool {
        self >= Self::V32
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_are_read_as_text_and_as_numbers() {
        for (root, version) in [
            (json!({ "openapi": "3.0.3" }), Some(Version::V30)),
            (json!({ "openapi": 3.0 }), Some(Version::V30)),
            (json!({ "openapi": 3.1 }), Some(Version::V31)),
            (json!({ "openapi": "3.1.0-rc1" }), Some(Version::V31)),
            (json!({ "openapi": "3.2.0" }), Some(Version::V32)),
            (json!({ "openapi": "3.10.0" }), Some(Version::V32)),
            (json!({ "swagger": "2.0" }), Some(Version::V20)),
            (json!({ "swagger": 2.0 }), Some(Version::V20)),
            (json!({ "swagger": "1.2" }), None),
            (json!({ "openapi": "4.0.0" }), None),
            (json!({ "openapi": "3.x" }), None),
            (json!({ "openapi": "3" }), None),
            (json!({}), None),
        ] {
            assert_eq!(Version::of(&root).ok(), version, "{root}");
        }
    }
}
