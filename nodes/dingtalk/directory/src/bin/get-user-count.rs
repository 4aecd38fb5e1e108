use directory::prelude::*;

node! {
    /// Counts the people of the whole organisation, also those outside the application's range: only those who have
    /// activated DingTalk, or all.
    resource: "User",
    effect: Read,
    slots: ["older"],
}

#[options]
struct Options {
    /// Whether only people who have activated DingTalk count: true, the default, or false for all.
    #[serde(default = "only_active")]
    #[schemars(example = false)]
    only_active: bool,
}

fn only_active() -> bool {
    true
}

#[outputs]
struct Outputs {
    /// How many people there are.
    user_count: i64,
}

#[answer]
struct Counted {
    #[promised]
    count: i64,
}

fn run(options: Options) -> Result<Outcome<Outputs>> {
    let call = older::post("/topapi/user/count").reading().json(json!({ "only_active": options.only_active }));
    let user_count = call.within("result").send::<Counted>()?.count();
    let people = if user_count == 1 { "person" } else { "people" };
    let activated = if options.only_active { " who activated DingTalk" } else { "" };
    Ok(Outcome::new(Outputs { user_count }).summary(format!("Counted {user_count} {people}{activated}.")))
}
