//! Stand-in until the room is finished.
use std::time::{Duration, Instant};

use super::{Answer, Exchange, NoAnswer, Request};

/// Stand-in until the room is finished.
#[derive(Debug, Clone)]
pub struct Client(reqwest::Client);

/// Stand-in until the room is finished.
#[derive(Debug, Clone, Default)]
pub struct ClientOptions {}

/// Stand-in until the room is finished.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ClientError(String);

impl Client {
    /// Stand-in until the room is finished.
    pub fn new(_: ClientOptions) -> Result<Self, ClientError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .no_proxy()
            .tls_backend_preconfigured(
                rustls::ClientConfig::builder()
                    .with_root_certificates(rustls::RootCertStore::empty())
                    .with_no_client_auth(),
            )
            .build()
            .map_err(|error| ClientError(error.to_string()))?;
        Ok(Self(client))
    }

    /// Stand-in until the room is finished.
    pub async fn send(&self, request: Request) -> Exchange {
        let begun = Instant::now();
        let result = self.try_send(&request, begun).await;
        Exchange { request, result, elapsed: begun.elapsed() }
    }

    async fn try_send(&self, request: &Request, begun: Instant) -> Result<Answer, NoAnswer> {
        let failed = |error: reqwest::Error| NoAnswer::Connect {
            address: request.shown_url.clone(),
            reason: error.to_string(),
        };
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| NoAnswer::Connect { address: String::new(), reason: "method".into() })?;
        let mut builder = self.0.request(method, request.url.clone());
        for header in &request.headers {
            builder = builder.header(&header.name, &header.value);
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.bytes.clone());
        }
        let answer = builder.send().await.map_err(failed)?;
        let (status, headers, first_byte) =
            (answer.status().as_u16(), answer.headers().clone(), begun.elapsed());
        let body = answer.bytes().await.map_err(failed)?;
        Ok(Answer { status, headers, body, defect: None, first_byte, document: Default::default() })
    }
}
