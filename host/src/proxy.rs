//! The proxy that the settings name, and what the environment says of one.

use anyhow::{Context, Result};
use patchbay_runtime::{Proxy, ProxyAddress, ProxyLogin, ProxyUse};
use patchbay_settings::{Http, ProxyChoice};

/// The variables that name a proxy, as other programs read them; the first that is set counts.
const NAMED_BY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const LEFT_OUT_BY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Whether requests pass a proxy.
///
/// # Errors
/// The environment is to name it and does not name a usable one. The error never repeats the variable, which may have a
/// password in it.
pub fn of(settings: &Http) -> Result<ProxyUse> {
    let named = NAMED_BY.into_iter().find_map(|name| Some((name, variable(name)?)));
    let own = || {
        let user = variable("PATCHBAY_PROXY_USER")?;
        Some(ProxyLogin { user, password: variable("PATCHBAY_PROXY_PASSWORD").unwrap_or_default().into() })
    };
    let mut except = settings.no_proxy.join(",");
    let (address, login) = match (&settings.proxy, named) {
        (None, None) => return Ok(ProxyUse::Direct),
        (None, Some(_)) => return Ok(ProxyUse::Unused),
        (Some(ProxyChoice::At(address)), _) => (address.clone(), own()),
        (Some(ProxyChoice::Environment), None) => {
            tracing::warn!(
                "http.proxy is `environment`, and neither HTTPS_PROXY nor ALL_PROXY is set: no proxy is used"
            );
            return Ok(ProxyUse::Direct);
        }
        (Some(ProxyChoice::Environment), Some((name, text))) => {
            let (address, login) = ProxyAddress::with_login(&text).with_context(|| format!("the variable {name}"))?;
            let left_out = LEFT_OUT_BY.into_iter().find_map(variable).unwrap_or_default();
            except = format!("{except},{left_out}");
            (address, own().or(login))
        }
    };
    Ok(ProxyUse::Through(Proxy::new(address, login, &except)))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.trim().is_empty())
}
