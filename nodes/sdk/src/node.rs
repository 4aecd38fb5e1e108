/// Declares a node and exports it as a component. The author writes `fn run`; its types are the node's inputs, options
/// and outputs.
///
/// ```
/// use patchbay_node::{NoOptions, Outcome, Result, inputs, node, outputs};
///
/// node! {
///     id: "greet",
///     title: "Greet",
///     resource: "Greeting",
///     description: "Greets a person by name.",
///     effect: Read,
///     idempotent: true,
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
/// fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
///     let greeting = format!("Hello, {}!", inputs.name);
///     Ok(Outcome::new(Outputs { greeting }).summary("Greeted one person."))
/// }
/// ```
///
/// | field | meaning |
/// | --- | --- |
/// | `id` | the operation's part of the node's id; never changes once published |
/// | `title`, `resource`, `description` | what a person reads; the resource groups the nodes of a provider |
/// | `effect` | `Read` or `Write`: whether the node as a whole changes anything |
/// | `idempotent` | whether running it twice leaves the same as running it once |
/// | `status` | optional, [`Http`](crate::Status::Http) unless it says [`Operation`](crate::Status::Operation) |
/// | `exclusive` | optional: runs with the same values of these inputs wait for each other, whichever node they run |
/// | `errors` | optional: a list of what is [`Into`] a [`KnownError`](crate::KnownError), the codes that mean something of their own in this operation |
#[macro_export]
macro_rules! node {
    (
        id: $id:literal,
        title: $title:literal,
        resource: $resource:literal,
        description: $description:literal,
        effect: $effect:ident,
        idempotent: $idempotent:literal
        $(, status: $status:ident)?
        $(, exclusive: [$($input:literal),+ $(,)?])?
        $(, errors: $errors:expr)?
        $(,)?
    ) => {
        const NODE: $crate::Declaration = $crate::Declaration {
            id: $id,
            title: $title,
            resource: $resource,
            description: $description,
            effect: $crate::Effect::$effect,
            idempotent: $idempotent,
            status: $crate::node!(@status $($status)?),
            exclusive: &[$($($input),+)?],
            errors: $crate::node!(@errors $($errors)?),
        };

        const _: () = {
            struct Node;

            impl $crate::bindings::Guest for Node {
                fn manifest() -> ::std::string::String {
                    match $crate::built_manifest!($id) {
                        ::core::option::Option::Some(manifest) => manifest.to_owned(),
                        ::core::option::Option::None => $crate::export::manifest(&NODE, run),
                    }
                }

                fn run(
                    inputs: ::std::string::String,
                    options: ::std::string::String,
                ) -> ::core::result::Result<$crate::bindings::Outcome, $crate::bindings::Failure> {
                    $crate::export::run(run, &inputs, &options)
                }
            }

            $crate::bindings::export!(Node);
        };

        fn main() {
            $crate::export::main(&NODE, run);
        }
    };
    (@status) => {
        $crate::Status::Http
    };
    (@status $status:ident) => {
        $crate::Status::$status
    };
    (@errors) => {
        ::std::vec::Vec::new
    };
    (@errors $errors:expr) => {
        || $errors.iter().map(::core::convert::Into::into).collect()
    };
}
