//! XML is read as members, and what is broken or hostile is named.

use failspec_base::message::{Defect, Document, Response, XmlDefect};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use serde_json::{Value, json};

fn members(text: &str) -> Value {
    let document = Document::read_xml(text.as_bytes(), None);
    assert_eq!(document.defects, [], "{text}");
    document.value.unwrap()
}

#[test]
fn elements_are_members_and_attributes_stand_beside_them() {
    for (text, expected) in [
        ("<Error><Code>NoSuchKey</Code></Error>", json!({"Error": {"Code": "NoSuchKey"}})),
        ("<a/>", json!({"a": ""})),
        ("<a><b/><b>2</b><c/><b>3</b></a>", json!({"a": {"b": "", "b[2]": "2", "c": "", "b[3]": "3"}})),
        ("<a z='1' b='&lt;&#65;'>t</a>", json!({"a@b": "<A", "a@z": "1", "a": "t"})),
        ("<a>&amp;&lt;&gt;&apos;&quot;&#x41;</a>", json!({"a": "&<>'\"A"})),
        ("<a><![CDATA[<b>&]]></a>", json!({"a": "<b>&"})),
        ("<a>one <b>two</b> three</a>", json!({"a": {"b": "two", "text()": "one  three"}})),
        ("<a> x </a>", json!({"a": " x "})),
        (
            "<s:a xmlns:s='urn:1'><b xmlns=''/></s:a>",
            json!({"a@xmlns": "urn:1", "a": {"b@xmlns": "", "b": ""}}),
        ),
        ("<a xmlns:x='urn:x' x:t='1' t='2'/>", json!({"a@t": "1", "a@t[2]": "2", "a": ""})),
        ("<?xml version='1.0'?><!DOCTYPE a SYSTEM 'http://x/y'><!-- c --><a/><?p q?>", json!({"a": ""})),
        ("\u{feff}<a>ü</a>\r\n", json!({"a": "ü"})),
    ] {
        assert_eq!(members(text), expected, "{text}");
    }
}

#[test]
fn what_says_the_same_is_the_same() {
    let one = members("<e:Error xmlns:e='urn:e' a='1' b='2'><e:Code>X</e:Code></e:Error>");
    for other in [
        "<Error xmlns='urn:e' b='2' a='1'>\n  <Code>X</Code>\n</Error>",
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Error b=\"2\" a=\"1\" xmlns=\"urn:e\"><!-- c --><Code><![CDATA[X]]></Code></Error>",
        "<q:Error xmlns:q='urn:e' b='2' a='1'><q:Code>&#x58;</q:Code ></q:Error >",
    ] {
        assert_eq!(serde_json::to_string(&members(other)).unwrap(), one.to_string(), "{other}");
    }
    assert_ne!(members("<Error xmlns='urn:f' a='1' b='2'><Code>X</Code></Error>"), one);
}

#[test]
fn what_is_not_one_well_formed_document_is_named() {
    for text in [
        "<a>",
        "<a><b></a></b>",
        "<a></b>",
        "</a>",
        "<a/><b/>",
        "<a/>text",
        "text<a/>",
        "<a b='1' b='2'/>",
        "<a b=1/>",
        "<a b='<'/>",
        "<a>]]></a>",
        "<a>&</a>",
        "<a>&amp</a>",
        "<a>\u{1}</a>",
        "<a>&#1;</a>",
        "<a>&#0;</a>",
        "<a b='&#x1f;'/>",
        "<1/>",
        "<a b>c</a>",
        "<p:a/>",
        "<a p:b='1'/>",
        "<a:b:c xmlns:a='x'/>",
        " <?xml version='1.0'?><a/>",
        "<a/><!DOCTYPE a>",
        "<!-- a -- b --><a/>",
        "<![CDATA[x]]><a/>",
        "<?xml version='1.0'?>",
        "<!-- only -->",
        "<a b='&nbsp;'/>",
        "<a xmlns:p='u' xmlns:q='u' p:b='1' p:b='2'/>",
    ] {
        let document = Document::read_xml(text.as_bytes(), None);
        let [Defect::Xml(XmlDefect::NotXml { .. })] = document.defects.as_slice() else {
            panic!("{text}: {:?}", document.defects)
        };
        assert_eq!(document.value, None, "{text}");
    }
    let broken = Document::read_xml(b"<a>\n<b></c></a>", None).defects;
    assert_eq!(
        broken[0].to_string(),
        "the body is not XML: expected `</b>`, but `</c>` was found at line 2 column 4"
    );
}

#[test]
fn hostile_documents_are_bounded() {
    let attributes: String = (0..300).map(|number| format!(" a{number}=''")).collect();
    let deep = "<a>".repeat(200) + &"</a>".repeat(200);
    for (text, defect) in [
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(), XmlDefect::DocumentType),
        ("<a>&b;</a>".to_owned(), XmlDefect::UnknownEntity { name: "b".to_owned() }),
        (deep, XmlDefect::TooDeep { limit: 127 }),
        (format!("<a{attributes}/>"), XmlDefect::TooManyAttributes { limit: 200 }),
        (format!("<a>{}</a>", "<b/>".repeat(200_000)), XmlDefect::TooManyParts { limit: 200_000 }),
        (
            "<?xml version='1.0' encoding='latin1'?><a>é</a>".to_owned(),
            XmlDefect::Encoding { encoding: "latin1".to_owned() },
        ),
    ] {
        let document = Document::read_xml(text.as_bytes(), None);
        assert_eq!(document.defects, [Defect::Xml(defect)]);
        assert_eq!(document.value, None);
    }
}

#[test]
fn other_encodings_are_told_from_broken_ones() {
    let read = |bytes: &[u8], charset| Document::read_xml(bytes, charset).defects;
    let is_unread = |defects: &[Defect]| matches!(defects, [only] if only.is_unread());
    assert!(is_unread(&read(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", None)));
    assert!(is_unread(&read(b"<a>\xe9</a>", Some("iso-8859-1"))));
    assert!(is_unread(&read(b"\xff\xfe<\0a\0/\0>\0", None)));
    // What is written in ASCII is the same in both.
    assert_eq!(read(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>e</a>", None), []);
    // The media type counts before the document, and a mark before both.
    assert_eq!(read("<?xml version='1.0' encoding='latin1'?><a>é</a>".as_bytes(), Some("UTF-8")), []);
    assert_eq!(read("\u{feff}<a>é</a>".as_bytes(), Some("latin1")), []);
    assert_eq!(read(b"<a>\xe9</a>", None), [Defect::NotUtf8 { offset: 3 }]);
    assert_eq!(read(b" \n", None), [Defect::Empty]);
}

fn response(media_type: Option<&'static str>, body: &'static str) -> Response {
    let mut headers = HeaderMap::new();
    if let Some(media_type) = media_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    Response::new(400, headers, body)
}

#[test]
fn a_body_is_read_as_what_it_is() {
    for (media_type, body, is_xml, has_value) in [
        (Some("application/xml"), "<a/>", true, true),
        (Some("application/xml"), "<a>", true, false),
        (Some("application/xml"), "{\"a\":1}", false, true),
        (Some("text/plain"), "<a/>", true, true),
        (None, " <a/>", true, true),
        (None, "<a>", false, false),
        (Some("application/json"), "<a/>", false, false),
        (Some("text/html"), "<html/>", false, false),
        (Some("text/plain"), "<html><body>x</body></html>", false, false),
        (None, "<!DOCTYPE html><HTML lang='en'/>", false, false),
        (Some("application/json"), "{}", false, true),
        (None, "", false, false),
    ] {
        let response = response(media_type, body);
        let document = response.document();
        assert_eq!(document.is_xml(), is_xml, "{media_type:?} {body}");
        assert_eq!(document.value.is_some(), has_value, "{media_type:?} {body}");
    }
}

#[test]
fn comments_are_kept_aside() {
    let document = Document::read_xml(b"<!-- at com.x.Y.z(Y.java:12) --><a><?stack here?></a>", None);
    assert_eq!(document.asides, [" at com.x.Y.z(Y.java:12) ", "stack here"]);
}
