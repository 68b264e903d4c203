//! The formats that the body of an error may have.

use std::fmt;

use failspec_base::message::{BodyFormat, MediaType};

use super::{envelope::Envelope, pointer::Pointer};

/// The formats that the body of an error may have, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyFormats {
    json: bool,
    xml: bool,
}

impl BodyFormats {
    /// Returns true if a body may have this format.
    pub fn allow(self, format: BodyFormat) -> bool {
        match format {
            BodyFormat::Json => self.json,
            BodyFormat::Xml => self.xml,
        }
    }
}

impl fmt::Display for BodyFormats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.json, self.xml) {
            (true, true) => "JSON or XML",
            (false, true) => "XML",
            _ => "JSON",
        })
    }
}

impl Envelope {
    /// Returns the formats of a body, by where its parts are and by its media types: JSON, unless something says XML.
    pub fn formats(&self) -> BodyFormats {
        // Every response asks, and nearly none is XML: those need not be parsed.
        let names_xml =
            |essence: &str| essence.as_bytes().windows(3).any(|it| it.eq_ignore_ascii_case(b"xml"));
        let is_xml =
            |essence: &str| names_xml(essence) && MediaType::parse(essence).is_some_and(|it| it.is_xml());
        let types = || self.media_type.iter().flat_map(|ruled| ruled.rule.iter());
        let xml = self.pointers().any(Pointer::is_xml) || types().any(is_xml);
        let is_only_xml = types().next().is_some() && types().all(is_xml);
        let has_pointers = self.pointers().next().is_some();
        let json = !xml
            || self.pointers().any(|pointer| !pointer.is_xml())
            || (!has_pointers && !is_only_xml)
            || types().any(|essence| MediaType::parse(essence).is_some_and(|it| it.is_json()));
        BodyFormats { json, xml }
    }

    /// Iterates over the places in the body at which the envelope has something.
    pub(super) fn pointers(&self) -> impl Iterator<Item = &Pointer> {
        let code = self.code.iter().flat_map(|ruled| ruled.rule.in_body());
        let others = [&self.message, &self.status].into_iter().flatten().map(|ruled| &ruled.rule);
        let id = self.request_id.iter().filter_map(|ruled| ruled.rule.pointer.as_ref());
        code.chain(others).chain(id)
    }
}
