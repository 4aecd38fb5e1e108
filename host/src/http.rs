//! The HTTP client of the program itself, for collectors and services. Nodes' requests have one of their own.

/// A client that is to be told of a proxy, if there is one.
pub fn client() -> reqwest::ClientBuilder {
    // The first to install decides.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        rustls::crypto::ring::default_provider().install_default().ok();
    }
    reqwest::Client::builder().no_proxy()
}
