/// What a successful run gives: the outputs, and one sentence of what happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<O> {
    pub(crate) outputs: O,
    pub(crate) summary: String,
}

impl<O> Outcome<O> {
    /// An outcome without a summary so far.
    pub fn new(outputs: O) -> Self {
        Self { outputs, summary: String::new() }
    }

    /// Sets the sentence: "Created the group Project Falcon with 3 members."
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    /// The outputs.
    pub fn outputs(&self) -> &O {
        &self.outputs
    }
}
