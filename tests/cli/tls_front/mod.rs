//! A TLS proxy in front of a server without TLS, with certificates made for the test.

use std::{net::SocketAddr, sync::Arc, thread};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer, pki_types::pem::PemObject,
        server::WebPkiClientVerifier,
    },
};

/// A running TLS proxy.
pub struct TlsFront {
    /// Its URL.
    pub url: String,
    /// The CA certificate (PEM) that signed its own certificate.
    pub authority: String,
    /// A client certificate (PEM) that it trusts.
    pub client_certificate: String,
    /// The private key (PEM) of the client certificate.
    pub client_key: String,
}

impl TlsFront {
    /// Starts a proxy that forwards connections to the server at `strangers`, or to the one at `known` if the client
    /// presents a certificate.
    pub fn start(strangers: &str, known: Option<&str>) -> Self {
        Self::speaking(strangers, known, &[])
    }

    /// Starts the same proxy, offering these protocols (ALPN). The server behind it must support the negotiated one.
    pub fn speaking(strangers: &str, known: Option<&str>, protocols: &[&str]) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).expect("a certificate");
        let issuer = Issuer::new(params, key);
        let issue = |name: &str| {
            let key = KeyPair::generate().expect("a key");
            let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
            (params.signed_by(&key, &issuer).expect("a certificate"), key)
        };
        let (own, own_key) = issue("127.0.0.1");
        let (client, client_key) = issue("client.example");
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).expect("a root");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .expect("a verifier");
        let private = PrivateKeyDer::from_pem_slice(own_key.serialize_pem().as_bytes()).expect("a key");
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![own.der().clone()], private)
            .expect("a certificate with its key");
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let url = format!("https://{}", listener.local_addr().expect("an address"));
        let strangers = address(strangers);
        let known = known.map_or(strangers, address);
        // The thread ends with the test process.
        thread::spawn(move || serve(listener, TlsAcceptor::from(Arc::new(config)), strangers, known));
        Self {
            url,
            authority: authority.pem(),
            client_certificate: client.pem(),
            client_key: client_key.serialize_pem(),
        }
    }
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").trim_end_matches('/').parse().expect("an address")
}

fn serve(listener: std::net::TcpListener, acceptor: TlsAcceptor, strangers: SocketAddr, known: SocketAddr) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener).expect("a listener");
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust the certificate aborts the handshake, as expected by one test.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let shown = stream.get_ref().1.peer_certificates().is_some();
                let Ok(mut behind) = TcpStream::connect(if shown { known } else { strangers }).await else {
                    return;
                };
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut behind).await;
            });
        }
    });
}
