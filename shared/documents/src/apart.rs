//! Work on a document, apart from everything else: a thread of its own that may be given up.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;

/// Of a thread that takes a document apart: nested parts are read by functions that call
/// themselves.
pub const STACK: usize = 16 * 1024 * 1024;
/// Beyond its time, for work that looks at the time only now and then. A thread that has not ended
/// by then is left to itself.
const GRACE: Duration = Duration::from_secs(3);

/// Until when a document may be worked on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    seconds: u64,
}

impl Deadline {
    pub(crate) fn after(time: Duration) -> Self {
        Self { at: now() + time, seconds: time.as_secs() }
    }

    pub(crate) fn has_passed(self) -> bool {
        now() >= self.at
    }

    pub(crate) fn check(self) -> Result<(), Error> {
        if self.has_passed() { Err(self.error()) } else { Ok(()) }
    }

    pub(crate) fn error(self) -> Error {
        Error::TooLong { seconds: self.seconds }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what must end ends also when a test stops the clock"
)]
fn now() -> Instant {
    Instant::now()
}

/// What a library is stopped with that has no other way out. Nothing is said on stderr.
pub(crate) fn stop(why: Error) -> ! {
    resume_unwind(Box::new(why))
}

/// Runs what may panic or be stopped.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(panic.downcast::<Error>().map_or(Error::TooMuch, |why| *why)))
}

/// Runs the work on a thread of its own and waits for it, but not for ever.
pub(crate) fn run<T: Send + 'static>(
    time: Duration,
    work: impl FnOnce(Deadline) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let until = Deadline::after(time);
    let (done, wait) = mpsc::channel();
    let begun =
        thread::Builder::new().name("document".to_owned()).stack_size(STACK).spawn(move || {
            let _nobody_waits = done.send(caught(|| work(until)));
        });
    if begun.is_err() {
        return Err(Error::TooMuch);
    }
    match wait.recv_timeout(time + GRACE) {
        Ok(read) => read,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(until.error()),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(Error::TooMuch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_panics_stops_or_does_not_end_is_an_error() {
        let time = Duration::from_millis(1);
        assert_eq!(run(time, |_| Ok(1)), Ok(1));
        assert_eq!(run(time, |_| -> Result<(), _> { panic!("a library's") }), Err(Error::TooMuch));
        assert_eq!(run(time, |_| -> Result<(), _> { stop(Error::Locked) }), Err(Error::Locked));
        let (_hold, never) = mpsc::channel::<()>();
        let endless = run(time, move |_| never.recv().map_err(|_| Error::Locked));
        assert_eq!(endless, Err(Error::TooLong { seconds: 0 }));
    }
}
