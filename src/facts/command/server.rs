//! The application that a server is told to serve: `uvicorn package.module:app`.

use super::absolute;
use super::program::{Runs, base, is_python, python};
use crate::image::Config;
use crate::layer::LayerPath;
use crate::vfs::Tree;

/// What a server is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name: `uvicorn`.
    pub name: &'static str,
    /// The module of the application.
    pub module: String,
    /// Directories that it looks in before it looks in those of `sys.path`: the working directory, or one that an option
    /// names.
    pub directories: Vec<LayerPath>,
    /// A file or variable that may tell it other directories, too.
    pub configured_by: Option<&'static str>,
}

/// Servers that are told `MODULE:NAME`.
pub const NAMES: [&str; 3] = ["gunicorn", "hypercorn", "uvicorn"];

/// Their options that name directories to look in.
const DIRECTORIES: [&str; 3] = ["--app-dir", "--chdir", "--pythonpath"];

/// Options that name a file of further options.
const CONFIGURED: [&str; 2] = ["-c", "--config"];

/// Variables of the environment that hold options.
const VARIABLES: [&str; 2] = ["GUNICORN_CMD_ARGS", "UVICORN_APP_DIR"];

/// The application of a program and its arguments: of a server by its name, or of one that Python runs as a module or script.
pub fn server(tree: &Tree, config: &Config, words: &[String]) -> Option<Server> {
    let (first, rest) = words.split_first()?;
    let called = match python(rest).runs {
        Runs::Script(word) | Runs::Module(word) if is_python(first) => word,
        _ => first,
    };
    let name = NAMES.into_iter().find(|name| *name == base(called))?;
    let told = words.get(words.iter().position(|word| word == called)? + 1..)?;
    let module = told.iter().find_map(|word| application(word))?;
    let mut directories = vec![absolute(tree, config, b"")];
    for (at, word) in told.iter().enumerate() {
        let (option, attached) = word.split_once('=').map_or((word.as_str(), None), |(option, value)| (option, Some(value)));
        let value = attached.or_else(|| told.get(at + 1).map(String::as_str)).filter(|_| DIRECTORIES.contains(&option));
        let named = value.into_iter().flat_map(|value| value.split(','));
        directories.extend(named.map(|directory| absolute(tree, config, directory.as_bytes())));
    }
    let has = |option: &str| told.iter().any(|word| word.split('=').next() == Some(option));
    let option = CONFIGURED.into_iter().find(|option| name != "uvicorn" && has(option));
    let configured_by = option.or_else(|| VARIABLES.into_iter().find(|name| config.env(name).is_some()));
    Some(Server { name, module: module.to_owned(), directories, configured_by })
}

/// The module of `MODULE:NAME`; addresses have colons too, but no names around them.
pub fn application(word: &str) -> Option<&str> {
    let is_name = |part: &str| part.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let is_dotted =
        |text: &str| text.split('.').all(|part| is_name(part) && part.chars().all(|c| c.is_alphanumeric() || c == '_'));
    let (module, name) = word.split_once(':')?;
    let name = name.split('(').next().unwrap_or_default();
    // `-c python:MODULE` names a module of options.
    (is_dotted(module) && is_dotted(name) && module != "python").then_some(module)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::facts::fixture::{config, tree};

    #[test]
    fn the_application_is_found_among_the_options() {
        let (tree, config) = (tree([]), config(&json!({"WorkingDir": "/app"})));
        for (line, module, directories) in [
            ("uvicorn --host 0.0.0.0 --port 80 auth.main:app", "auth.main", "/app"),
            ("/opt/venv/bin/uvicorn main:create() --factory --app-dir src", "main", "/app /app/src"),
            ("python3 -u -m uvicorn main:app --app-dir=/srv", "main", "/app /srv"),
            ("python3 /usr/local/bin/gunicorn -b localhost:80 -k uvicorn.workers.UvicornWorker wsgi:app", "wsgi", "/app"),
            ("gunicorn -c python:conf.gunicorn --chdir /srv --bind unix:/run/x.sock wsgi:app", "wsgi", "/app /srv"),
            ("hypercorn main:app.asgi", "main", "/app"),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let found = server(&tree, &config, &words).unwrap_or_else(|| panic!("{line}"));
            let shown: Vec<String> = found.directories.iter().map(ToString::to_string).collect();
            assert_eq!((found.module.as_str(), shown.join(" ")), (module, directories.to_owned()), "{line}");
            assert_eq!(found.configured_by, line.contains(" -c ").then_some("-c"), "{line}");
        }
        for line in
            ["uvicorn --help", "gunicorn -b localhost:8000 wsgi", "python3 main.py a:b", "sleep a:b", "python3 -m x a:b", ""]
        {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(server(&tree, &config, &words), None, "{line}");
        }
    }
}
