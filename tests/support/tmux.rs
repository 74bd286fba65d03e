//! A terminal of this test's own: a server of tmux, and one session in it.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// How long anything may take to appear. Nothing is asserted of time but that it ends.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whether tmux is there; says so where it is not, past the capture of the test harness.
pub fn is_there(test: &str) -> bool {
    let found = Command::new("tmux").arg("-V").output().is_ok();
    if !found {
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("skipped: {test} needs tmux\n"));
    }
    found
}

/// A terminal with a shell in it.
pub struct Tmux {
    name: String,
}

impl Tmux {
    /// A terminal of so many columns and rows, with a shell in this folder.
    pub fn start(name: &str, (width, height): (u16, u16), folder: &Path) -> Self {
        let tmux = Self { name: format!("lucid-{name}-{}", std::process::id()) };
        let (width, height) = (width.to_string(), height.to_string());
        let folder = folder.to_str().unwrap();
        let shell = "env PS1='$ ' LANG=C.UTF-8 LC_ALL= TERM=screen-256color sh";
        tmux.tell(&["new-session", "-d", "-x", &width, "-y", &height, "-c", folder, shell]);
        tmux.wait("a prompt", |screen| screen.contains('$'));
        tmux
    }

    /// A command of tmux.
    pub fn tell(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } =
            Command::new("tmux").args(["-L", &self.name, "-f", "/dev/null"]).args(arguments).output().unwrap();
        assert!(status.success(), "{arguments:?}: {}", stderr.escape_ascii());
        String::from_utf8(stdout).unwrap()
    }

    /// A line for the shell.
    pub fn run(&self, line: &str) {
        self.tell(&["send-keys", "-l", line]);
        self.tell(&["send-keys", "Enter"]);
    }

    /// Keys, by the names that tmux has for them.
    pub fn keys(&self, keys: &str) {
        let keys: Vec<&str> = keys.split_whitespace().collect();
        self.tell(&[&["send-keys"], &keys[..]].concat());
    }

    /// What the screen shows.
    pub fn screen(&self) -> String {
        self.tell(&["capture-pane", "-p"]).lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    /// The screen, once it shows what is waited for.
    pub fn wait(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if is_there(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "{what} did not come:\n{screen}");
            std::thread::sleep(Duration::from_millis(15));
        }
    }

    /// The screen, once it shows this text.
    pub fn shows(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// Whether a program has the alternate screen.
    pub fn is_alternate(&self) -> bool {
        self.tell(&["display-message", "-p", "#{alternate_on}"]).trim() == "1"
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.name, "kill-server"]).output();
    }
}
