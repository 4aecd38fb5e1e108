//! The boundary between a node and the runtime, as the host sees it: every version of it that components may be built
//! against, and the conversion between their types and the runtime's own. Nothing else knows that there are two.

pub(crate) mod v0_1;
pub(crate) mod v0_2;

use std::fmt;

use wasmtime::Store;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Type};

use crate::envelope::WrongValue;
use crate::vocabulary::FailureKind;

/// What a node came to when it did what it was asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// JSON object of the outputs.
    pub outputs: String,
    /// One sentence of what happened.
    pub summary: String,
}

/// Why a node says that it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub kind: FailureKind,
    pub message: String,
    pub hint: String,
    pub retryable: bool,
    /// JSON object of the outputs that are true all the same.
    pub outputs: String,
    /// What is wrong with the inputs or options.
    pub errors: Vec<WrongValue>,
}

/// A component whose imports are in place, of whatever version.
pub(crate) enum NodePre<T: 'static> {
    V0_1(v0_1::NodePre<T>),
    V0_2(v0_2::NodePre<T>),
}

impl<T: Send> NodePre<T> {
    /// Looks at what the component exports. The types of its imports and exports are checked when it is instantiated.
    pub fn new(instance: InstancePre<T>) -> wasmtime::Result<Self> {
        if lists_wrong_values(instance.component()) {
            v0_2::NodePre::new(instance).map(Self::V0_2)
        } else {
            v0_1::NodePre::new(instance).map(Self::V0_1)
        }
    }

    /// Reads the node's description of itself.
    pub async fn manifest(&self, store: &mut Store<T>) -> wasmtime::Result<String> {
        match self {
            Self::V0_1(node) => node.instantiate_async(&mut *store).await?.call_manifest(store).await,
            Self::V0_2(node) => node.instantiate_async(&mut *store).await?.call_manifest(store).await,
        }
    }

    /// Runs the node once, in an instance of its own.
    pub async fn run(
        &self,
        store: &mut Store<T>,
        inputs: &str,
        options: &str,
    ) -> wasmtime::Result<Result<Outcome, Failure>> {
        Ok(match self {
            Self::V0_1(node) => {
                let answer = node.instantiate_async(&mut *store).await?.call_run(store, inputs, options).await?;
                answer.map(Into::into).map_err(Into::into)
            }
            Self::V0_2(node) => {
                let answer = node.instantiate_async(&mut *store).await?.call_run(store, inputs, options).await?;
                answer.map(Into::into).map_err(Into::into)
            }
        })
    }
}

/// Whether the failures of a component's `run` are those of 0.2. The imports do not tell: a node that sends nothing and
/// logs nothing may have none.
fn lists_wrong_values(component: &Component) -> bool {
    let component_type = component.component_type();
    let run = component_type.get_export(component.engine(), "run").map(|export| export.ty);
    let Some(ComponentItem::ComponentFunc(run)) = run else { return false };
    let Some(Type::Result(result)) = run.results().next() else { return false };
    let Some(Type::Record(failure)) = result.err() else { return false };
    failure.fields().any(|field| field.name == "errors")
}

/// The interfaces that a node may import: their names, and the versions in which there are such.
const INTERFACES: [(&str, &[Minor]); 4] =
    [("http", &[Minor(1), Minor(2)]), ("files", &[Minor(2)]), ("log", &[Minor(1), Minor(2)]), ("types", &[Minor(2)])];

/// `0.MINOR` of the boundary. Every patch of it is compatible with every other.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Minor(u64);

/// Whether a node may import what has this name, `patchbay:node/http@0.2.0`. What the host does not have of a later patch
/// the linker tells.
pub(crate) fn is_import(name: &str) -> bool {
    let Some((interface, version)) = name.strip_prefix("patchbay:node/").and_then(|name| name.split_once('@')) else {
        return false;
    };
    let mut numbers = version.split('.').map(str::parse);
    let (Some(Ok(0)), Some(Ok(minor)), Some(Ok(_)), None) =
        (numbers.next(), numbers.next(), numbers.next(), numbers.next())
    else {
        return false;
    };
    INTERFACES.iter().any(|(known, minors)| *known == interface && minors.contains(&Minor(minor)))
}

/// The imports that a node may have, in words.
pub(crate) struct KnownImports;

impl fmt::Display for KnownImports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = INTERFACES.iter().map(|(name, _)| *name).collect();
        write!(f, "{} of patchbay:node at 0.1 or 0.2", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_known_by_compatible_version() {
        for name in [
            "patchbay:node/http@0.1.0",
            "patchbay:node/http@0.1.7",
            "patchbay:node/http@0.2.0",
            "patchbay:node/files@0.2.3",
            "patchbay:node/log@0.2.0",
            "patchbay:node/types@0.2.0",
        ] {
            assert!(is_import(name), "{name}");
        }
        for name in [
            "wasi:clocks/monotonic-clock@0.2.0",
            "patchbay:node/http",
            "patchbay:node/http@0.3.0",
            "patchbay:node/http@1.2.0",
            "patchbay:node/http@0.2.0-rc.1",
            "patchbay:node/http@0.2",
            "patchbay:node/files@0.1.0",
            "patchbay:node/clock@0.2.0",
            "patchbay:nodes/http@0.2.0",
        ] {
            assert!(!is_import(name), "{name}");
        }
    }
}
