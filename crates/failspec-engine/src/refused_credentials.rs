//! Refusals with 401 that are about something else than credentials.

use failspec_base::{message::Response, template::JsonTemplate};
use failspec_pack::pack::RequestTemplate;

use super::{
    body_changes::{at, way_to_members},
    refusal_names::{members_in, speaks_of},
};

/// Returns true for a 401 that is about a member which a body lacks, and not about credentials: `invalid-uid`.
pub(super) fn names_lacking(
    refused: &Response,
    template: &RequestTemplate,
    members: &[(String, JsonTemplate)],
) -> bool {
    let way = way_to_members(template);
    let lacks =
        |name: &String| at(template, &[way.as_slice(), std::slice::from_ref(name)].concat()).is_none();
    let lacking: Vec<String> =
        members.iter().map(|(name, _)| name).filter(|name| lacks(name)).cloned().collect();
    refused.status == 401 && names_alone(&refused.body, &lacking)
}

/// Returns true if a refusal speaks of one of these members, and of no credentials.
fn names_alone(refusal: &[u8], members: &[String]) -> bool {
    const OF_CREDENTIALS: [&str; 16] = [
        "unauthorized",
        "unauthorised",
        "authorization",
        "authentication",
        "authenticated",
        "unauthenticated",
        "credential",
        "credentials",
        "bearer",
        "token",
        "login",
        "logged",
        "session",
        "expired",
        "permission",
        "privileges",
    ];
    !OF_CREDENTIALS.iter().any(|word| speaks_of(refusal, word)) && !members_in(refusal, members).is_empty()
}

#[cfg(test)]
mod tests {
    use super::names_alone;

    #[test]
    fn a_401_may_be_about_a_member_and_not_about_credentials() {
        let members = ["uid", "token"].map(str::to_owned);
        for (said, expected) in [
            (r#"{"status":{"code":"bad-request","message":"invalid-uid"}}"#, true),
            (r#"{"message":"A valid login session was not found: uid"}"#, false),
            (r#"{"message":"invalid token"}"#, false),
            (r#"{"message":"no"}"#, false),
        ] {
            assert_eq!(names_alone(said.as_bytes(), &members), expected, "{said}");
        }
    }
}
