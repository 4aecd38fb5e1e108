use patchbay_node::{Outcome, Result, answer, inputs, node, outputs};
use weather::OPEN_METEO;

node! {
    /// Gets temperature and wind at a place, as they are now.
    resource: "Forecast",
    effect: Read,
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

#[answer]
struct Current {
    #[promised]
    temperature_2m: f64,
    #[promised]
    wind_speed_10m: f64,
    #[promised]
    time: String,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let call = OPEN_METEO.get("/v1/forecast").query("latitude", inputs.latitude).query("longitude", inputs.longitude);
    let now: Current = call.query("current", "temperature_2m,wind_speed_10m").within("current").send()?;
    let outputs =
        Outputs { temperature: now.temperature_2m(), wind_speed: now.wind_speed_10m(), time: now.time().to_owned() };
    let summary = format!("It is {} °C with wind of {} km/h.", outputs.temperature, outputs.wind_speed);
    Ok(Outcome::new(outputs).summary(summary))
}
