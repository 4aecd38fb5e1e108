//! Open-Meteo: what all nodes of this provider share.
#![deny(missing_docs)]

use patchbay_node::api::Api;

/// Open-Meteo's API: a refusal is an HTTP error status with its reason in words.
pub static OPEN_METEO: Api = Api::new("Open-Meteo", "https://api.open-meteo.com").message(&["/reason"]);
