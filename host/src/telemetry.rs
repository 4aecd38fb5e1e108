//! Log lines on stderr.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

/// Logs from here on: `info` for a service, `warn` for a command, or what `PATCHBAY_LOG` says (`debug`,
/// `patchbay_runtime=trace`). Libraries stay at `warn` unless they are named, whatever the level: an HTTP client's
/// finest lines are nobody's business.
pub fn init(is_service: bool) {
    let own = std::env::var("PATCHBAY_LOG").unwrap_or_else(|_| if is_service { "info" } else { "warn" }.to_owned());
    let mut filter = EnvFilter::new("warn");
    for part in own.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let directives = if part.contains('=') {
            vec![part.to_owned()]
        } else {
            ["patchbay", "patchbay_runtime", "patchbay_tenant"].map(|name| format!("{name}={part}")).to_vec()
        };
        for directive in directives {
            match directive.parse::<Directive>() {
                Ok(directive) => filter = filter.add_directive(directive),
                Err(error) => eprintln!("PATCHBAY_LOG: `{part}` is not used: {error}"),
            }
        }
    }
    // Colours are for people: a file or another program gets the bare text.
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|wish| wish.is_empty());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}
