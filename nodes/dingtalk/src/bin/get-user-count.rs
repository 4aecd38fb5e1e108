//! Get User Count: how many people the organisation has.

use dingtalk::prelude::*;

node! {
    id: "get-user-count",
    title: "Get User Count",
    resource: "User",
    description: "Counts the people of the whole organisation, also those outside the application's range: only those who have activated DingTalk, or all.",
    effect: Read,
    idempotent: true,
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
    count: i64,
}

fn run(_: NoInputs, options: Options) -> Result<Outcome<Outputs>> {
    let call = older::post("/topapi/user/count").reading().json(json!({ "only_active": options.only_active }));
    let counted = Answer::<Counted>::new(call.send_for_result()?);
    let user_count =
        counted.integer("count").ok_or_else(|| errors::incomplete("DingTalk did not say how many people there are"))?;
    let people = if user_count == 1 { "person" } else { "people" };
    let activated = if options.only_active { " who activated DingTalk" } else { "" };
    Ok(Outcome::new(Outputs { user_count }).summary(format!("Counted {user_count} {people}{activated}.")))
}
