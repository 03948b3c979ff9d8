//! Whom to trust: the system's certificate authorities, Mozilla's where the system has none, and those that were added.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::{OpenError, OpenErrorKind};

/// A TLS configuration with its own provider, so that nothing global is set.
pub(super) fn config(extra: &[PathBuf]) -> Result<ClientConfig, OpenError> {
    let mut roots = RootCertStore::empty();
    // SSL_CERT_FILE and SSL_CERT_DIR are honoured; of a bundle with a broken certificate the others count.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    }
    for path in extra {
        let bad = |cause: String| {
            OpenError::new(
                OpenErrorKind::Io,
                path.to_string_lossy(),
                cause,
                "name a PEM file with the certificates of authorities to trust",
            )
        };
        let bytes = std::fs::read(path).map_err(|e| bad(format!("it cannot be read ({e})")))?;
        let mut added = 0;
        for certificate in CertificateDer::pem_slice_iter(&bytes) {
            let certificate = certificate.map_err(|e| bad(format!("it is no PEM of certificates ({e})")))?;
            roots.add(certificate).map_err(|e| bad(format!("it has a certificate that cannot be used ({e})")))?;
            added += 1;
        }
        if added == 0 {
            return Err(bad("there is no certificate in it".to_owned()));
        }
    }
    trusting(roots).map_err(|e| OpenError::new(OpenErrorKind::Io, "TLS", format!("it cannot be set up ({e})"), "report this as a defect"))
}

/// A configuration that trusts these authorities, with its own provider.
pub(crate) fn trusting(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
