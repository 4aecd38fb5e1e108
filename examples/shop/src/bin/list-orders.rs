use shop::*;

node! {
    /// Lists the orders of a customer, the newest first, page by page.
    resource: "Order",
    effect: Read,
    errors: [
        not_found("customer.unknown", "Check CustomerId."),
        parameter("since.invalid", "Write Since as 2026-01-31."),
        conflict("orders.moving", "The orders are being moved: run again in an hour."),
    ],
}

#[inputs]
struct Inputs {
    customer_id: CustomerId,
    /// The first day of which orders are listed: 2026-01-31.
    since: Text<10>,
}

#[options]
struct Options {
    /// How many orders a page has at most; 20 unless given.
    #[serde(default)]
    max_results: PageSize<20, 100>,
    /// NextToken of the page before, to go on after it.
    next_token: Option<String>,
}

#[outputs]
struct Outputs {
    /// The orders of this page.
    orders: Vec<Order>,
    /// What leads to the next page; empty when this is the last one.
    next_token: String,
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let list = || SHOP.get("/customers").segment(&inputs.customer_id).path("/orders").query("since", &inputs.since);
    let page = Paging::new("orders", 50).page(options.max_results.get(), options.next_token.as_deref(), list)?;
    let summary = page.summary("order");
    Ok(Outcome::new(Outputs { orders: page.entries, next_token: page.next_token }).summary(summary))
}
