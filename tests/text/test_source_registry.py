"""One class and its line make a new kind of source: configured, looked at, watched and read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from charlens.text.sources.any import KINDS
from charlens.text.sources.kind import Folders, SourceKind
from extended_library import run_with

LETTER = '''
"""The letters of a mailbox file, joined."""

from __future__ import annotations

from charlens.config_types import Text
from charlens.errors import CharlensError
from charlens.text.sources.kind import BytesAndOrigin, Folders, SourceKind, Wrong
from charlens.text.sources.own_file import find_path, locate, read_bytes, searched


class MailSource(SourceKind):
    """A mailbox of one's own."""

    mailbox: Text
    sender: Text | None = None
    """Whose letters; null takes all."""

    def read(self, folders: Folders) -> BytesAndOrigin:
        path = locate(self.mailbox, folders.corpora)
        letters = read_bytes(path).split(b"From ")[1:]
        if self.sender is not None:
            letters = [letter for letter in letters if letter.startswith(self.sender.encode())]
        if not letters:
            raise CharlensError(f"{path}: no letters")
        return b"".join(letters), f"{len(letters)} letters of {path.name}"

    def wrong(self) -> Wrong | None:
        if self.sender is not None and "\\n" in self.sender:
            return Wrong("sender", self.sender, "expected one line")
        return None

    def own_path(self) -> str:
        return self.mailbox

    def fault(self, corpora_dir: str | None) -> str | None:
        if find_path(self.mailbox, corpora_dir) is None:
            return f"but there is no such mailbox{searched(self.mailbox, corpora_dir)}"
        return None
'''
CODE = r"""
import json
import sys
from pathlib import Path

from charlens.errors import CharlensError
from charlens.study.checks import check_references, watched_file
from charlens.study.config import Config, schema
from charlens.text.corpus import prepare
from charlens.text.sources.any import read

network = sorted({"pooch", "requests", "torch", "pandas"} & sys.modules.keys())


def study(**source):
    return Config.load({"run": "a", "corpora": {"mail": {"source": source}}})


def refused(action):
    try:
        action()
    except CharlensError as error:
        return str(error)


Path("box").write_text("From ann\n" + "Come at five, or later.\n" * 90 + "From bob\nNo.\n")
config = study(mailbox="box", sender="ann")
check_references(config)
data, origin = read(config.corpora["mail"].source, None, "downloads")
nobody = study(mailbox="box", sender="cy").corpora["mail"].source
corpus, splits = prepare(data, "mail", origin, "streams", 4, 5, 0.8, 0.1)
print(json.dumps({
    "network": network,
    "kind": schema()["$defs"]["MailSource"]["description"],
    "watched": watched_file(config, "mail"),
    "read": [corpus.source, data[:9].decode(), b"bob" in data],
    "misspelt": refused(lambda: study(mailbx="box")),
    "both": refused(lambda: study(mailbox="box", file="box")),
    "wrong": refused(lambda: study(mailbox="box", sender="a\nb")),
    "missing": refused(lambda: check_references(study(mailbox="lost"))),
    "empty": refused(lambda: read(nobody, None, "downloads")),
}))
"""


def test_two_files_make_a_new_kind(tmp_path: Path) -> None:
    edits = {
        "text/sources/any.py": {
            "    TreeSource,\n)": "    TreeSource,\n    MailSource,\n)",
            "import FileSource\n": "import FileSource\n"
            "from charlens.text.sources.mail import MailSource\n",
        }
    }
    made = json.loads(run_with(tmp_path, {"text/sources/mail.py": LETTER}, edits, CODE))
    assert made["network"] == []
    assert made["kind"] == "A mailbox of one's own."
    assert made["watched"] == "box"
    assert made["read"] == ["1 letters of box", "ann\nCome ", False]
    kinds = "exactly one of the keys builtin, published, file, urls, tree, mailbox"
    assert made["misspelt"].endswith(f"a mapping with {kinds}; did you mean mailbox?")
    assert "found the keys mailbox, file" in made["both"]
    assert "corpora.mail.source.sender: found 'a\\nb', expected one line" in made["wrong"]
    lost = f"corpora.mail.source.mailbox: found 'lost', but there is no such mailbox in {tmp_path}"
    assert made["missing"] == f"config: {lost}"
    assert made["empty"] == "box: no letters"


def test_each_kind_has_a_key_of_its_own() -> None:
    keys = [kind.key() for kind in KINDS]
    assert keys == ["builtin", "published", "file", "urls", "tree"]
    for kind in KINDS:
        others = [other for other in KINDS if other is not kind]
        assert not any(kind.key() in other.model_fields for other in others)
        assert kind.model_fields[kind.key()].is_required()
    assert [kind.key() for kind in KINDS if kind.local] == ["builtin"]


def test_a_kind_must_say_how_it_is_read() -> None:
    class Unread(SourceKind):
        unread: int

    with pytest.raises(TypeError, match="read"):
        Unread(unread=1)
    assert Folders(None, Path("d")).corpora is None
