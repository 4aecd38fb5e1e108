//! Current Weather: temperature and wind at a place.

use patchbay_node::serde_json::Value;
use patchbay_node::{
    Effect, Failure, FailureKind, Method, NoOptions, Outcome, Request, Response, Result, Url, inputs, node, outputs,
};

node! {
    id: "current-weather",
    title: "Current Weather",
    resource: "Forecast",
    description: "Gets temperature and wind at a place, as they are now.",
    effect: Read,
    idempotent: true,
}

#[inputs]
struct Inputs {
    /// Degrees north of the equator.
    #[schemars(range(min = -90, max = 90), example = 30.27)]
    latitude: f64,
    /// Degrees east of Greenwich.
    #[schemars(range(min = -180, max = 180), example = 120.15)]
    longitude: f64,
}

#[outputs]
struct Outputs {
    /// Degrees Celsius, two metres above ground.
    temperature: f64,
    /// Kilometres per hour, ten metres above ground.
    wind_speed: f64,
    /// When it was measured, in GMT: `2026-01-31T12:00`.
    time: String,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let url = Url::new("https://api.open-meteo.com/v1/forecast")
        .query("latitude", &inputs.latitude.to_string())
        .query("longitude", &inputs.longitude.to_string())
        .query("current", "temperature_2m,wind_speed_10m");
    let outputs = read(&Request::new(Method::Get, url, Effect::Read).send()?)?;
    let summary = format!("It is {} °C with wind of {} km/h.", outputs.temperature, outputs.wind_speed);
    Ok(Outcome::new(outputs).summary(summary))
}

/// Open-Meteo answers a refusal with its `reason`.
fn read(response: &Response) -> Result<Outputs> {
    let body: Value = response.json().unwrap_or_default();
    if !response.is_success() {
        let reason = body["reason"].as_str().unwrap_or("no reason given");
        let kind = match response.status() {
            400 => FailureKind::InvalidParameter,
            429 => FailureKind::RateLimit,
            _ => FailureKind::System,
        };
        let hint = if kind == FailureKind::InvalidParameter { "Check the inputs." } else { "Run it again later." };
        return Err(Failure::new(kind, format!("HTTP {}: {reason}", response.status()))
            .hint(hint)
            .retryable(kind != FailureKind::InvalidParameter));
    }
    let current = &body["current"];
    match (current["temperature_2m"].as_f64(), current["wind_speed_10m"].as_f64(), current["time"].as_str()) {
        (Some(temperature), Some(wind_speed), Some(time)) => {
            Ok(Outputs { temperature, wind_speed, time: time.to_owned() })
        }
        _ => Err(Failure::system("the answer lacks the current weather").hint("Report it to the node's author.")),
    }
}
