//! Refusals in the styles of frameworks and libraries, and the hints that they give.

use super::*;

fn one_of(values: &[&str]) -> Wish {
    Wish::OneOf(values.iter().map(|value| Value::from(*value)).collect())
}

/// Checks that a refusal gives a hint.
fn gives(said: &str, path: &str, wish: Wish) {
    let known = ["name", "kind", "size", "owner", "zone"].map(str::to_owned);
    let found = hints(said.as_bytes(), &known);
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    assert!(found.contains(&Hint { path, wish }), "{said}: {found:?}");
}

#[test]
fn hints_are_read_in_the_styles_of_frameworks() {
    for (said, path, wish) in [
        // pydantic 2, 1
        (
            r#"{"detail":[{"type":"enum","loc":["body","kind"],"msg":"Input should be 'wide' or 'narrow'","ctx":{"expected":"'wide' or 'narrow'"}}]}"#,
            "kind",
            one_of(&["wide", "narrow"]),
        ),
        (
            r#"{"detail":[{"loc":["body","kind"],"msg":"value is not a valid enumeration member; permitted: 'wide', 'narrow'","type":"type_error.enum","ctx":{"enum_values":["wide","narrow"]}}]}"#,
            "kind",
            one_of(&["wide", "narrow"]),
        ),
        (
            r#"{"detail":[{"type":"missing","loc":["body","owner","email"],"msg":"Field required"}]}"#,
            "owner.email",
            Wish::Required,
        ),
        (
            r#"{"detail":[{"type":"int_parsing","loc":["body","size"],"msg":"Input should be a valid integer, unable to parse string as an integer"}]}"#,
            "size",
            Wish::Of(Form::Integer),
        ),
        // Problem details
        (
            r##"{"type":"about:blank","status":422,"errors":[{"pointer":"#/zone","detail":"must be a valid time zone"}]}"##,
            "zone",
            Wish::Of(Form::Typical("timezone")),
        ),
        // JSON Schema
        (r#"{"message":"'mode' is a required property"}"#, "mode", Wish::Required),
        (
            r#"{"errors":[{"instancePath":"/kind","message":"must be equal to one of the allowed values","params":{"allowedValues":["wide","narrow"]}}]}"#,
            "kind",
            one_of(&["wide", "narrow"]),
        ),
        (
            r#"{"errors":[{"instancePath":"","message":"must have required property 'mode'","params":{"missingProperty":"mode"}}]}"#,
            "mode",
            Wish::Required,
        ),
        // Django REST framework
        (
            r#"{"kind":["\"failspec\" is not a valid choice."],"mode":["This field is required."]}"#,
            "mode",
            Wish::Required,
        ),
        (r#"{"zone":["Enter a valid timezone: invalid"]}"#, "zone", Wish::Of(Form::Typical("timezone"))),
        // LoopBack
        (
            r#"{"error":{"statusCode":422,"name":"UnprocessableEntityError","details":[{"path":"","code":"required","message":"must have required property 'mode'","info":{"missingProperty":"mode"}}]}}"#,
            "mode",
            Wish::Required,
        ),
        // Others
        (r#"{"error":"kind must be one of: wide, narrow"}"#, "kind", one_of(&["wide", "narrow"])),
        (r#"{"message":"missing field `mode` at line 1 column 17"}"#, "mode", Wish::Required),
        ("mode is required", "mode", Wish::Required),
        (r#"{"message":"Missing field(s): mode"}"#, "mode", Wish::Required),
        // Spring, class-validator, Django
        (
            r#"{"validationErrors":[{"path":"ownerEmail","message":"ownerEmail cannot be empty"}]}"#,
            "ownerEmail",
            Wish::Required,
        ),
        (r#"{"message":["mode should not be empty"]}"#, "mode", Wish::Required),
        (r#"{"owner":["This field may not be blank."]}"#, "owner", Wish::Required),
    ] {
        gives(said, path, wish);
    }
}

#[test]
fn hints_are_read_in_the_styles_of_libraries() {
    for (said, path, wish) in [
        // Unleash, which uses ajv
        (
            r#"{"id":"1","name":"BadDataError","message":"Request validation failed","details":[{"message":"The `/body/kind` property must be equal to one of the allowed values. You sent \"failspec\".","params":{"allowedValues":["wide","narrow"]}}]}"#,
            "kind",
            one_of(&["wide", "narrow"]),
        ),
        (
            r#"{"id":"1","name":"BadDataError","message":"Invalid data: You must specify login or email","details":[{"message":"You must specify login or email"}]}"#,
            "login",
            Wish::Required,
        ),
        (
            r#"{"name":"OwaspValidationError","message":"The zone must be at least 10 characters long: it is a password","details":[]}"#,
            "zone",
            Wish::Of(Form::Typical("password")),
        ),
        // Joi
        (
            r#"{"details":[{"message":"\"kind\" must be one of [wide, narrow]","path":["kind"],"type":"any.only","context":{"valids":["wide","narrow"],"label":"kind"}}]}"#,
            "kind",
            one_of(&["wide", "narrow"]),
        ),
        (r#"{"error":"\"kind\" must be one of [wide, narrow]"}"#, "kind", one_of(&["wide", "narrow"])),
        (r#"{"message":"\"value\" must contain at least one of [login, email]"}"#, "login", Wish::Required),
        (r#"{"message":"\"login\" or \"email\" is required"}"#, "login", Wish::Required),
        // Pydantic, with the values in the text alone
        (
            r#"{"detail":[{"loc":["body","kind"],"msg":"unexpected value, expected: 'wide', 'narrow' or 'low'"}]}"#,
            "kind",
            one_of(&["wide", "narrow", "low"]),
        ),
        // zod
        (
            r#"{"issues":[{"code":"invalid_enum_value","options":["wide","narrow"],"path":["kind"],"message":"Invalid enum value. Expected 'wide' | 'narrow', received 'failspec'"}]}"#,
            "kind",
            one_of(&["wide", "narrow"]),
        ),
        (
            r#"{"fieldErrors":{"kind":["Invalid enum value. Expected 'wide' | 'narrow', received 'failspec'"]}}"#,
            "kind",
            one_of(&["wide", "narrow"]),
        ),
        // Spring, Jackson
        (
            r#"{"timestamp":"2024","status":400,"error":"Bad Request","path":"/jobs","message":"kind: invalid value. Accepted values: [WIDE, NARROW]"}"#,
            "kind",
            one_of(&["WIDE", "NARROW"]),
        ),
        (
            r#"{"message":"Cannot deserialize value of type `Kind` from String \"failspec\": not one of the values accepted for Enum class: [NARROW, WIDE]"}"#,
            "kind",
            one_of(&["NARROW", "WIDE"]),
        ),
        // Go
        (r#"{"error":"kind must be one of: wide narrow"}"#, "kind", one_of(&["wide", "narrow"])),
        (r#"{"error":"kind must be one of [wide narrow]"}"#, "kind", one_of(&["wide", "narrow"])),
        (
            r#"{"error":"Key: 'Job.Mode' Error:Field validation for 'Mode' failed on the 'required' tag"}"#,
            "Mode",
            Wish::Required,
        ),
        // The place of several names is the one that comes first.
        (r#"{"error":"kind is wrong: must be one of 'name', 'size'"}"#, "kind", one_of(&["name", "size"])),
        (r#"{"error":{"message":"Invalid email for owner"}}"#, "owner", Wish::Of(Form::Typical("email"))),
    ] {
        gives(said, path, wish);
    }
}

#[test]
fn a_refusal_that_says_nothing_of_a_member_gives_no_hint() {
    let known = ["name", "kind"].map(str::to_owned);
    for said in [
        "",
        "null",
        "[]",
        r#"{"error":"bad request"}"#,
        r#"{"code":7,"message":"no"}"#,
        r#"{"message":"a thing with this name exists"}"#,
        r#"{"message":"one of the things is broken"}"#,
        r#"{"message":"expected 'failspec' to be right"}"#,
        r#"{"name":"NotFoundError","message":"no such thing","status":404,"path":"/name"}"#,
    ] {
        assert_eq!(hints(said.as_bytes(), &known), [], "{said}");
    }
}
