/// Declares a node and exports it as a component. The author writes `fn run`; its types are the node's inputs, options
/// and outputs. It takes those of the two that the node has.
///
/// ```
/// # // A doc test has no binary's name; a node has.
/// use patchbay_node::{Outcome, Result, inputs, outputs};
///
/// # macro_rules! node { ($($anything:tt)*) => {}; }
/// node! {
///     /// Greets a person by name.
///     resource: "Greeting",
///     effect: Read,
/// }
///
/// #[inputs]
/// struct Inputs {
///     /// Who is greeted.
///     #[schemars(length(min = 1))]
///     name: String,
/// }
///
/// #[outputs]
/// struct Outputs {
///     /// The greeting.
///     greeting: String,
/// }
///
/// fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
///     let greeting = format!("Hello, {}!", inputs.name);
///     Ok(Outcome::new(Outputs { greeting }).summary("Greeted one person."))
/// }
/// # fn main() {}
/// ```
///
/// The node's id is the name of its file. The fields stand in this order:
///
/// | field | meaning |
/// | --- | --- |
/// | `///` lines | the description that a person reads |
/// | `title` | optional: the id's words with capitals unless it is given |
/// | `resource` | what the operation works on; it groups the nodes of a provider |
/// | `effect` | `Read` or `Write`: whether the node as a whole changes anything |
/// | `slots` | optional: the signing slots of `provider.toml` that its requests may use; any of them unless given |
/// | `idempotent` | optional: whether running it twice leaves the same as running it once; true of a node that reads |
/// | `confirm_with` | optional: the node of the same provider that tells how it ended, where the service only takes it on |
/// | `rules` | optional: the [`Rule`](crate::Rule)s between its inputs and options, which it checks; forms read them |
/// | `group` | optional: what the node says as its neighbours do, a [`Group`](crate::Group) |
/// | `errors` | optional: the [`Code`](crate::api::Code)s that mean something of their own in this operation |
#[macro_export]
macro_rules! node {
    (
        $(#[doc = $description:literal])+
        $(title: $title:literal,)?
        resource: $resource:literal,
        effect: $effect:ident
        $(, slots: [$($slot:literal),* $(,)?])?
        $(, idempotent: $idempotent:literal)?
        $(, confirm_with: $confirm_with:literal)?
        $(, rules: [$($rule:expr),* $(,)?])?
        $(, group: $group:expr)?
        $(, errors: [$($error:expr),* $(,)?])?
        $(,)?
    ) => {
        static NODE: $crate::Declaration = $crate::Declaration {
            id: ::core::env!("CARGO_BIN_NAME"),
            title: $crate::node!(@option $($title)?),
            resource: $resource,
            description: &[$($description),+],
            effect: $crate::Effect::$effect,
            slots: &[$($($slot),*)?],
            idempotent: $crate::node!(@option $($idempotent)?),
            confirm_with: $crate::node!(@option $($confirm_with)?),
            rules: &[$($($rule),*)?],
            group: $crate::node!(@group $($group)?),
            errors: {
                #[allow(unused_imports, reason = "a node may know no code")]
                use $crate::api::codes::*;
                &[$($($error),*)?]
            },
        };

        const _: () = {
            struct Node;

            impl $crate::bindings::Guest for Node {
                fn manifest() -> ::std::string::String {
                    match $crate::built_manifest!() {
                        ::core::option::Option::Some(manifest) => manifest.to_owned(),
                        ::core::option::Option::None => $crate::export::manifest(&NODE, run),
                    }
                }

                fn run(
                    inputs: ::std::string::String,
                    options: ::std::string::String,
                ) -> ::core::result::Result<$crate::bindings::Outcome, $crate::bindings::Failure> {
                    $crate::export::run(&NODE, run, &inputs, &options)
                }
            }

            $crate::bindings::export!(Node);
        };

        fn main() {
            $crate::export::main(&NODE, run);
        }
    };
    (@option) => {
        ::core::option::Option::None
    };
    (@option $value:literal) => {
        ::core::option::Option::Some($value)
    };
    (@group) => {
        $crate::Group::NONE
    };
    (@group $group:expr) => {
        $group
    };
    ($($anything:tt)*) => {
        ::core::compile_error!(
            "node! takes, in this order and each with a comma after it: `///` lines that describe the node, `title: \"..\"` \
             (optional), `resource: \"..\"`, `effect: Read` or `effect: Write`, and, all optional, `slots: [\"..\"]`, \
             `idempotent: true`, `confirm_with: \"..\"`, `rules: [..]`, `group: ..`, `errors: [..]`"
        );
    };
}
