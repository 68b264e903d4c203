//! Writes forms of several parts (`multipart/form-data`, RFC 7578).

use sha2::{Digest, Sha256};

use failspec_base::{
    encoding::hex,
    secret::RedactedText,
    template::{RenderError, Rendered, Scope},
};
use failspec_pack::pack::{FormPart, PartContent};

use super::request_builder::omitted;

/// The length of the digest in a boundary, in characters.
const DIGEST_LEN: usize = 24;

/// Writes the parts of a form. The boundary is a digest of them, so that the same form is always the same body.
pub(super) fn multipart(parts: &[FormPart], scope: &Scope) -> Result<Rendered<Vec<u8>>, RenderError> {
    let mut written = Vec::new();
    let mut digest = Sha256::new();
    for part in parts {
        // `null` leaves out a field, as in other forms.
        if matches!(&part.content, PartContent::Text(template) if template.is_null(scope)) {
            continue;
        }
        let (head, content) = (head(part, scope)?, content(&part.content, scope)?);
        digest.update(&head.sent);
        digest.update(&content.sent);
        written.push((head, content));
    }
    let boundary = format!("failspec-{}", &hex(&digest.finalize())[..DIGEST_LEN]);
    let mut form = Form { sent: Vec::new(), shown: RedactedText::default() };
    for (head, content) in written {
        form.push(&format!("--{boundary}\r\n"));
        form.append(head.sent.into_bytes(), head.shown);
        form.push("\r\n\r\n");
        form.append(content.sent, content.shown);
        form.push("\r\n");
    }
    form.push(&format!("--{boundary}--\r\n"));
    Ok(Rendered { sent: form.sent, shown: Some(form.shown) })
}

/// Returns the boundary of a form that was written here.
pub(super) fn boundary_of(body: &[u8]) -> Option<&str> {
    let line = body.strip_prefix(b"--")?.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    // A form without parts has only the last boundary.
    Some(line.strip_suffix("--").unwrap_or(line))
}

/// A form while it is written: as it is sent, and as it may be shown.
struct Form {
    sent: Vec<u8>,
    shown: RedactedText,
}

impl Form {
    fn push(&mut self, text: &str) {
        self.sent.extend_from_slice(text.as_bytes());
        self.shown.push_str(text);
    }

    fn append(&mut self, sent: Vec<u8>, shown: Option<RedactedText>) {
        match (shown, std::str::from_utf8(&sent)) {
            (Some(shown), _) => self.shown.append(shown),
            (None, Ok(text)) => self.shown.push_str(text),
            (None, Err(_)) => self.shown.push(omitted(&sent)),
        }
        self.sent.extend(sent);
    }
}

/// Writes the head of a part. Characters that would end the line or a name are escaped as browsers do.
fn head(part: &FormPart, scope: &Scope) -> Result<Rendered<String>, RenderError> {
    let escaped = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let mut head =
        Rendered::plain(format!("Content-Disposition: form-data; name=\"{}\"", escaped(&part.name)));
    if let Some(filename) = &part.filename {
        let filename = filename.fill(scope)?;
        head.push("; filename=\"");
        match &filename.shown {
            Some(shown) => {
                let shown = shown.map_text(|text| escaped(text).into());
                head.push_redacted(&escaped(&filename.sent), shown);
            }
            None => head.push(&escaped(&filename.sent)),
        }
        head.push("\"");
    }
    if let Some(media_type) = &part.media_type {
        head.push("\r\nContent-Type: ");
        head.push(media_type);
    }
    Ok(head)
}

fn content(content: &PartContent, scope: &Scope) -> Result<Rendered<Vec<u8>>, RenderError> {
    Ok(match content {
        PartContent::Text(template) => {
            let text = template.fill(scope)?;
            Rendered { sent: text.sent.into_bytes(), shown: text.shown }
        }
        PartContent::Json(template) => {
            let value = template.fill(scope)?;
            Rendered { sent: value.sent.to_string().into_bytes(), shown: value.shown }
        }
        PartContent::File(file) => Rendered::plain(file.bytes.to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Arc};

    use failspec_base::template::{JsonTemplate, Template, VariableValue};
    use failspec_pack::pack::BodyFile;
    use serde_json::json;

    use super::*;

    fn part(name: &str, content: PartContent) -> FormPart {
        FormPart { name: name.to_owned(), filename: None, media_type: None, content }
    }

    fn form(picture: &[u8]) -> Rendered<Vec<u8>> {
        let mut scope = Scope::new(Arc::new(HashMap::new()), "failspec-t-1".to_owned());
        scope.set("key".to_owned(), VariableValue::secret("s3cret"));
        scope.set("none".to_owned(), VariableValue::open(json!(null)));
        let text = |text: &str| PartContent::Text(Template::parse(text).unwrap());
        let file = BodyFile { path: "scenarios/t/a.png".into(), bytes: picture.into() };
        let parts = [
            part("a\"\r\nb", text("${unique}")),
            part("key", text("${key}")),
            part("left-out", text("${none}")),
            FormPart {
                media_type: Some("application/json".to_owned()),
                ..part("j", PartContent::Json(JsonTemplate::parse(&json!({ "a": [1] })).unwrap()))
            },
            FormPart {
                media_type: Some("image/png".to_owned()),
                filename: Some(Template::literal("a.png")),
                ..part("file", PartContent::File(file))
            },
        ];
        multipart(&parts, &scope).unwrap()
    }

    #[test]
    fn a_form_has_its_parts_between_boundaries() {
        let form = form(b"\x89PNG\xff");
        let boundary = boundary_of(&form.sent).unwrap().to_owned();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"a%22%0D%0Ab\"\r\n\r\nfailspec-t-1\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\ns3cret\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"j\"\r\nContent-Type: application/json\r\n\r\n{{\"a\":[1]}}\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
        );
        let (text, rest) = form.sent.split_at(expected.len());
        assert_eq!(String::from_utf8_lossy(text), expected);
        assert_eq!(rest, [&b"\x89PNG\xff\r\n--"[..], boundary.as_bytes(), b"--\r\n"].concat());
        let shown = form.shown.unwrap().to_string();
        assert!(!shown.contains("s3cret") && shown.contains("5 bytes"), "{shown}");
    }

    #[test]
    fn the_same_form_is_the_same_body() {
        assert_eq!(form(b"one").sent, form(b"one").sent);
        assert_ne!(boundary_of(&form(b"one").sent), boundary_of(&form(b"two").sent));
    }
}
