//! Settings of TLS.

use std::sync::{Arc, OnceLock};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;

use super::{ClientError, ClientOptions};

/// Returns the settings of TLS that a client with these options has.
///
/// # Errors
/// If a certificate or the identity cannot be read or used.
pub fn tls_config(options: &ClientOptions) -> Result<Arc<ClientConfig>, ClientError> {
    TlsSettings::new(options)?.config().cloned()
}

/// The settings of a client.
#[derive(Debug)]
pub(super) struct TlsSettings {
    authorities: Vec<CertificateDer<'static>>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    insecure: bool,
    /// Created on first use: reading the system certificates takes longer than a hundred requests.
    config: OnceLock<Arc<ClientConfig>>,
}

impl TlsSettings {
    /// # Errors
    /// If a certificate or the identity cannot be read or used.
    pub(super) fn new(options: &ClientOptions) -> Result<Self, ClientError> {
        let mut authorities = Vec::new();
        for (index, pem) in options.certificates.iter().enumerate() {
            let unreadable = |reason| ClientError::Certificate { number: index + 1, reason };
            let bundle = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
            let bundle = bundle.map_err(|error| unreadable(error.to_string()))?;
            if bundle.is_empty() {
                return Err(unreadable("there is no certificate in it".to_owned()));
            }
            for certificate in &bundle {
                let usable = RootCertStore::empty().add(certificate.clone());
                usable.map_err(|error| unreadable(error.to_string()))?;
            }
            authorities.extend(bundle);
        }
        let settings = Self {
            authorities,
            identity: options.identity.as_deref().map(identity).transpose()?,
            insecure: options.insecure,
            config: OnceLock::new(),
        };
        if settings.identity.is_some() {
            settings.config()?;
        }
        Ok(settings)
    }

    /// Returns the settings of a connection.
    ///
    /// # Errors
    /// If the identity cannot be used.
    pub(super) fn config(&self) -> Result<&Arc<ClientConfig>, ClientError> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let made = Arc::new(self.build()?);
        Ok(self.config.get_or_init(|| made))
    }

    fn build(&self) -> Result<ClientConfig, ClientError> {
        let setup = |error: rustls::Error| ClientError::Setup(error.to_string());
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(setup)?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier(&provider)?);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(|error| ClientError::Identity(error.to_string()))?,
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, ClientError> {
        if self.insecure {
            return Ok(Arc::new(NoVerification(Arc::clone(provider))));
        }
        let system = Verifier::new_with_extra_roots(self.authorities.iter().cloned(), Arc::clone(provider));
        if let Ok(system) = system {
            return Ok(Arc::new(system));
        }
        // The system has no certificates, as in small containers: only those of the options are trusted.
        let mut roots = RootCertStore::empty();
        for authority in &self.authorities {
            roots.add(authority.clone()).map_err(|error| ClientError::Setup(error.to_string()))?;
        }
        match WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build() {
            Ok(verifier) => Ok(verifier),
            Err(error) => Err(ClientError::Setup(error.to_string())),
        }
    }
}

/// Reads a certificate chain and its private key.
fn identity(pem: &[u8]) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), ClientError> {
    let unusable = |reason: String| ClientError::Identity(reason);
    let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| unusable(error.to_string()))?;
    if chain.is_empty() {
        return Err(unusable("there is no certificate in it".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(pem)
        .map_err(|error| unusable(format!("there is no private key in it ({error})")))?;
    Ok((chain, key))
}

/// Accepts every certificate, for targets with `insecure`. Signatures are verified: without them the connection is not
/// even with the owner of the certificate.
#[derive(Debug)]
struct NoVerification(Arc<CryptoProvider>);

impl ServerCertVerifier for NoVerification {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let supported = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, supported)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let supported = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, supported)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
