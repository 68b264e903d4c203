//! Login: a password, an optional second factor, and tokens that expire.

use std::time::Duration;

use serde_json::json;

use super::{Code, Failure, Kubevision, Outcome, Success, access::Caller, body::Object, quirks};
use crate::{
    Request,
    store::{self, Identity, OneTimeCodes, TokenError},
};

/// The lifetime of an access token.
const ACCESS_LIFETIME: Duration = Duration::from_secs(900);

/// The time for which a login waits for its second factor.
const PENDING_LIFETIME: Duration = Duration::from_secs(300);

impl Kubevision {
    /// Authenticates the caller. An expired token, and a token that is valid only for the second factor, have codes
    /// of their own; everything else is "not logged in".
    pub(super) fn authenticate(&self, request: &Request) -> Result<Caller, Failure> {
        let now = self.store.clock.now();
        let Some(token) = request.bearer() else {
            let stranger = self.user("admin").filter(|_| self.quirks.is_on(quirks::MISSING_TOKEN));
            return stranger.map(Caller::new).ok_or_else(not_logged_in);
        };
        let identity = match self.store.identities.authenticate(token, now) {
            Ok(identity) => identity,
            Err(TokenError::Expired) if self.quirks.is_on(quirks::EXPIRED_TOKEN) => self
                .store
                .identities
                .authenticate(token, jiff::Timestamp::MIN)
                .map_err(|_| not_logged_in())?,
            Err(TokenError::Expired) => {
                return Err(Failure::new(Code::TokenExpired, "the access token has expired"));
            }
            Err(TokenError::Unknown | TokenError::Revoked) => {
                let pending = self.pending.authenticate(token, now).map_err(|_| not_logged_in())?;
                if !self.quirks.is_on(quirks::PENDING_TOKEN) {
                    return Err(Failure::new(Code::TwoFactorRequired, "2FA verification is required"));
                }
                pending
            }
        };
        self.user(&identity.subject).map(Caller::new).ok_or_else(not_logged_in)
    }

    /// Logs a user in. A wrong password has no code of its own, and must not be distinguishable from an unknown user.
    pub(super) fn login(&self, body: &Object) -> Outcome {
        let [username, password] = body.texts(["username", "password"])?;
        let unasked = password.is_empty() && self.quirks.is_on(quirks::MISSING_PARAMETER);
        let proof = self
            .proof(username)
            .filter(|proof| proof.password == password || unasked)
            .ok_or_else(|| Failure::new(Code::NotLoggedIn, "user name or password is wrong"))?;
        if proof.secret.is_none() || self.quirks.is_on(quirks::NO_TWO_FACTOR) {
            return Ok(self.hand_out(username));
        }
        let token = format!("kv_tmp_{}", store::hex_digits(32));
        self.pending.issue(&token, self.lasting(username, PENDING_LIFETIME));
        let data = json!({ "tempToken": token, "expiresIn": PENDING_LIFETIME.as_secs() });
        Err(Failure::new(Code::TwoFactorRequired, "2FA verification is required").with_data(data))
    }

    /// Verifies the second factor. A wrong code has no further effect; a correct one consumes the temporary token.
    pub(super) fn verify_two_factor(&self, body: &Object) -> Outcome {
        let [token, code] = body.texts(["tempToken", "code"])?;
        let six_digits = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        if !six_digits && !self.quirks.is_on(quirks::MALFORMED_PARAMETER) {
            return Err(Failure::invalid("code", "must be a text of 6 digits"));
        }
        let now = self.store.clock.now();
        let login = self
            .pending
            .authenticate(token, now)
            .map_err(|_| Failure::new(Code::NotLoggedIn, "no login waits with this temporary token"))?;
        let user = login.subject.as_str();
        let secret = self.proof(user).and_then(|proof| proof.secret).unwrap_or_default();
        let accepted = self.quirks.is_on(quirks::ANY_CODE)
            || self.codes.accept(user, &secret, code, now)
            || self.quirks.is_on(quirks::USED_CODE) && OneTimeCodes::is_right(&secret, code, now);
        if !accepted {
            return Err(Failure::new(Code::TwoFactorFailed, "the TOTP code is incorrect or has expired"));
        }
        self.pending.withdraw(token);
        Ok(self.hand_out(user))
    }

    /// Issues an access token. The refresh token stays the same and stays valid, so that concurrent refreshes do not
    /// interfere.
    pub(super) fn refresh(&self, body: &Object) -> Outcome {
        let [refresh_token] = body.texts(["refreshToken"])?;
        let user = self
            .refreshing
            .authenticate(refresh_token, self.store.clock.now())
            .ok()
            .and_then(|identity| self.user(&identity.subject))
            .ok_or_else(|| Failure::new(Code::NotLoggedIn, "the refresh token is not valid"))?;
        let useless = self.quirks.is_on(quirks::USELESS_REFRESH);
        let lifetime = if useless { Duration::ZERO } else { ACCESS_LIFETIME };
        Ok(self.tokens(&user.name, refresh_token, lifetime))
    }

    fn hand_out(&self, user: &str) -> Success {
        let refresh_token = format!("kv_rt_{}", store::hex_digits(32));
        self.refreshing.issue(&refresh_token, Identity::new(user, Vec::new()));
        self.tokens(user, &refresh_token, ACCESS_LIFETIME)
    }

    fn tokens(&self, user: &str, refresh_token: &str, lifetime: Duration) -> Success {
        let access_token = format!("kv_at_{}", store::hex_digits(32));
        self.store.identities.issue(&access_token, self.lasting(user, lifetime));
        Success::of(json!({
            "accessToken": access_token,
            "refreshToken": refresh_token,
            "tokenType": "Bearer",
            "expiresIn": ACCESS_LIFETIME.as_secs(),
        }))
    }

    /// Creates an identity with a lifetime. Tokens carry no grants: the permissions of a user are looked up for every
    /// request.
    fn lasting(&self, user: &str, lifetime: Duration) -> Identity {
        let expires = self.store.clock.now().checked_add(lifetime).ok();
        Identity { expires, ..Identity::new(user, Vec::new()) }
    }
}

fn not_logged_in() -> Failure {
    Failure::new(Code::NotLoggedIn, "not logged in")
}
