//! Badges: summaries of a certificate in one line, for web pages.

use serde_json::{Value, json};

use failspec_base::sanitize::one_line;

use super::predicate::Predicate;

/// The approximate width of a letter in Verdana 11, in pixels.
const LETTER: usize = 7;

/// Returns the texts of the left and the right half of a badge.
fn words(predicate: &Predicate) -> (String, String) {
    let packs: Vec<&str> = predicate.packs.iter().map(|pack| pack.name.as_str()).collect();
    let day = predicate.finished.get(..10).unwrap_or_default();
    (one_line(&packs.join(" + ")), one_line(&format!("{} conformant · {day}", predicate.profile)))
}

/// Renders the badge of a certificate that is a pass, as SVG.
pub fn svg(predicate: &Predicate) -> String {
    let (left, right) = words(predicate);
    let [one, two] = [&left, &right].map(|text| text.chars().count() * LETTER + 12);
    let whole = one + two;
    let (left, right) = (escaped(&left), escaped(&right));
    let (middle, last) = (one / 2, one + two / 2);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" aria-label=\"{left}: {right}\">\n\
         <title>{left}: {right}</title>\n\
         <rect width=\"{whole}\" height=\"20\" rx=\"3\" fill=\"#1a7f37\"/>\n\
         <path d=\"M3 0h{}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z\" fill=\"#444\"/>\n\
         <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" font-size=\"11\">\n\
         <text x=\"{middle}\" y=\"14\">{left}</text>\n\
         <text x=\"{last}\" y=\"14\">{right}</text>\n\
         </g>\n</svg>\n",
        one - 3
    )
}

/// Renders the badge of a certificate that is a pass, as JSON for the endpoint badge of shields.io
/// (<https://shields.io/badges/endpoint-badge>).
pub fn endpoint(predicate: &Predicate) -> Value {
    let (label, message) = words(predicate);
    json!({ "schemaVersion": 1, "label": label, "message": message, "color": "green" })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
