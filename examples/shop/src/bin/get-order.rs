use shop::*;

node! {
    /// Gets an order by its number.
    resource: "Order",
    effect: Read,
    errors: [not_found("order.unknown", "Check OrderId.")],
}

#[inputs]
struct Inputs {
    order_id: OrderId,
}

#[outputs]
struct Outputs {
    /// The order.
    order: Order,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let order: Order = SHOP.get("/orders").segment(&inputs.order_id).send()?;
    let summary = format!("Found the order {}.", order.id());
    Ok(Outcome::new(Outputs { order }).summary(summary))
}
