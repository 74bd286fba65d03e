//! SIGINT and SIGTERM: the process ends as the system would end it, less the files that are not to outlive it.

use std::thread;

use lucid_verify::transient;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::explore::screen;

/// Watches for them. Where no thread can do that, they end the process as ever.
pub fn watch() {
    let wait = || {
        let signal = Signals::new([SIGINT, SIGTERM]).ok().and_then(|mut signals| signals.forever().next());
        screen::give_back();
        let _nothing_new = transient::remove_all();
        // It does not come back: both end a process.
        let _ = signal.map(emulate_default_handler);
    };
    drop(thread::Builder::new().name("signals".into()).spawn(wait));
}
