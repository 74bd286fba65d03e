//! Debian's Python with virtual environments of three makes.

use serde_json::json;

use super::{configure, venv};
use crate::image::slim::System;
use crate::image::{Entry, Image, folder};

/// The instructions that bring the environments.
pub const RUN_PIP: &str = "pip install --no-cache-dir";
pub const COPY_UV: &str = "COPY /app/.venv";
pub const COPY_POETRY: &str = "COPY /app /app";

/// A slim base with Python on it.
fn base() -> Image {
    let mut system = System::slim();
    system.install(&["python3", "python3-venv"], vec![]);
    system.image
}

const MAIN: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/\")\ndef root() -> dict[str, str]:\n    \
    return {}\n\n\ndef run() -> None:\n    import uvicorn\n\n    uvicorn.run(app)\n";

/// `python3 -m venv /opt/venv`, and its folder of commands first in `PATH`.
pub fn pip() -> Image {
    let mut image = base();
    let mut made = folder::below(Entry::directory("opt"));
    made.extend(venv::pip("opt/venv"));
    image.append("RUN /bin/sh -c python3 -m venv /opt/venv && pip install --no-cache-dir -r requirements.txt # buildkit", made);
    image.append("WORKDIR /app # buildkit", vec![Entry::directory("app")]);
    image.append("COPY main.py . # buildkit", vec![Entry::directory("app"), Entry::file("app/main.py", MAIN)]);
    let run = json!({"Cmd": ["uvicorn", "main:app", "--host", "0.0.0.0"], "WorkingDir": "/app"});
    in_path(configure(image, &["VIRTUAL_ENV=/opt/venv", "PYTHONUNBUFFERED=1"], &run), "/opt/venv/bin")
}

/// `uv sync` in a builder stage, and its environment copied to where it was made.
pub fn uv() -> Image {
    let mut image = base();
    image.append("WORKDIR /app # buildkit", vec![Entry::directory("app")]);
    let mut made = vec![Entry::directory("app")];
    made.extend(venv::uv("app/.venv"));
    image.append(&format!("{COPY_UV} /app/.venv # buildkit"), made);
    image.append("COPY main.py /app/ # buildkit", vec![Entry::directory("app"), Entry::file("app/main.py", MAIN)]);
    let run = json!({"Cmd": ["/app/.venv/bin/uvicorn", "main:app"], "WorkingDir": "/app", "User": "10001:10001"});
    in_path(configure(image, &["UV_COMPILE_BYTECODE=0"], &run), "/app/.venv/bin")
}

/// `poetry install` with the environment in the project, which is installed by a `.pth` file.
pub fn poetry() -> Image {
    let mut image = base();
    let mut made = project();
    made.extend(venv::poetry("app/.venv", &project()));
    image.append(&format!("{COPY_POETRY} # buildkit"), made);
    let run = json!({"Cmd": ["serve"], "WorkingDir": "/app", "User": "10001:10001"});
    in_path(configure(image, &["POETRY_VIRTUALENVS_IN_PROJECT=1"], &run), "/app/.venv/bin")
}

fn project() -> Vec<Entry> {
    let settings = "[project]\nname = \"service\"\nversion = \"0.1.0\"\nrequires-python = \">=3.11\"\n\
        dependencies = [\"fastapi\", \"uvicorn\"]\n\n[project.scripts]\nserve = \"service.main:run\"\n\n[tool.poetry]\n\
        packages = [{ include = \"service\", from = \"src\" }]\n\n[build-system]\nrequires = [\"poetry-core==2.1.3\"]\n\
        build-backend = \"poetry.core.masonry.api\"\n";
    let mut entries = vec![Entry::directory("app"), Entry::file("app/pyproject.toml", settings)];
    entries.extend(["app/src", "app/src/service"].map(Entry::directory));
    entries.push(Entry::file("app/src/service/__init__.py", "\"\"\"A service.\"\"\"\n"));
    entries.push(Entry::file("app/src/service/main.py", MAIN));
    entries
}

/// Puts a folder first in `PATH`.
fn in_path(mut image: Image, folder: &str) -> Image {
    let path = image.config["Env"][0].as_str().unwrap().replacen('=', &format!("={folder}:"), 1);
    image.config["Env"][0] = path.into();
    image
}
