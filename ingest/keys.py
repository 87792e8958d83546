"""Keys of publishers: from the environment or `.env` only, and never printed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from ingest.errors import IngestError, MissingKeyError


@dataclass(frozen=True)
class Key:
    """A key a source needs: the variable it stands in, where to get one, and what works without it."""

    variable: str
    where: str
    without: str


def environment(folder: Path) -> dict[str, str]:
    """Variables of the process over those of `folder/.env`; empty values count as absent."""
    try:
        written = dotenv_values(folder / ".env")
    except UnicodeDecodeError:
        raise IngestError(f"{folder / '.env'} is not UTF-8 text.") from None
    return {name: value for name, value in (*written.items(), *os.environ.items()) if value}


def value_of(key: Key, variables: dict[str, str]) -> str:
    """The key's value.

    Raises
    ------
    MissingKeyError
        The variable is absent or blank; the message says where to get a key and what works without it.
    """
    value = variables.get(key.variable, "").strip()
    if not value:
        raise MissingKeyError(
            f"{key.variable} is not set. Get a key at {key.where} and put it into the environment "
            f"or into .env (never into a file of the repository). Without it: {key.without}"
        )
    return value


def redacted(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret in it replaced by `***`."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
