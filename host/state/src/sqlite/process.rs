//! Which process this is, so that another one on the same machine knows when it is gone and need not wait for the end of
//! its lease.
//!
//! A process is told by the machine's start, its namespace of process numbers, its user, its number and when it began. Two
//! texts that agree in the first three parts are of processes that can see each other. Where the system tells less, nothing
//! is known, and the lease alone counts.

/// This process as a text; none where the system does not tell enough.
pub fn this() -> Option<String> {
    let number = std::process::id();
    Some(format!("{} {number} {}", surroundings()?, state_of(number)?.began))
}

/// Whether a process is certain to be gone.
pub fn is_gone(process: &str) -> bool {
    let mut parts = process.rsplitn(3, ' ');
    let (Some(began), Some(number), Some(of)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let (Ok(number), true) = (number.parse::<u32>(), surroundings().is_some_and(|here| here == of)) else {
        return false;
    };
    state_of(number).is_none_or(|state| state.is_dead || state.began != began)
}

struct State {
    is_dead: bool,
    began: String,
}

/// What all processes have in common that can see each other.
#[cfg(target_os = "linux")]
fn surroundings() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let user = std::fs::metadata("/proc/self").ok()?.uid();
    Some(format!("{} {} {user}", boot.trim(), namespace.display()))
}

/// The state of a process; none when there is no process of that number.
#[cfg(target_os = "linux")]
fn state_of(number: u32) -> Option<State> {
    let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    // The name stands in parentheses and may hold anything; what follows are words: the state, and 19 further on the time
    // at which it began.
    let words: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(State { is_dead: matches!(*words.first()?, "Z" | "X"), began: (*words.get(19)?).to_owned() })
}

#[cfg(not(target_os = "linux"))]
fn surroundings() -> Option<String> {
    None
}

#[cfg(not(target_os = "linux"))]
fn state_of(_: u32) -> Option<State> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_gone_once_it_ended_and_not_before() {
        let here = this().unwrap();
        assert!(!is_gone(&here));
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let began = state_of(child.id()).unwrap().began;
        let child_text = format!("{} {} {began}", surroundings().unwrap(), child.id());
        assert!(!is_gone(&child_text));
        child.kill().unwrap();
        while state_of(child.id()).is_some_and(|state| !state.is_dead) {
            std::thread::yield_now();
        }
        assert!(is_gone(&child_text), "it is dead, and nobody has asked for its end yet");
        child.wait().unwrap();
        assert!(is_gone(&child_text));
    }

    #[test]
    fn another_that_has_its_number_now_is_told_from_it() {
        let here = this().unwrap();
        assert!(is_gone(&format!("{}1", here)), "it began at another time");
    }

    #[test]
    fn nothing_is_known_of_a_process_elsewhere() {
        let here = this().unwrap();
        for elsewhere in ["", "x", "a b c", &here.replace("pid:[", "pid:[1"), &format!("x{here}")] {
            assert!(!is_gone(elsewhere), "{elsewhere}");
        }
    }
}
