"""Where corpora come from: verified, never half-written, refused in one line when broken."""

import hashlib
import io
import os
import random
import runpy
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from charlens.errors import CharlensError
from charlens.runtime.checksums import Checksums
from charlens.study.checks import changed_sources, own_contents
from charlens.study.config import Config
from charlens.text.corpus import Corpus, load_split
from charlens.text.sources import archives, globs, tree
from charlens.text.sources import builtin as builtin_corpora
from charlens.text.sources import web as sources
from charlens.text.sources.any import Source
from charlens.text.sources.any import read as read_source
from charlens.text.sources.kind import Folders
from charlens.text.sources.verify import git_blob_sha1
from pydantic import TypeAdapter

ROOT = Path(__file__).parents[2]
CORPORA = Path(os.environ.get("CHARLENS_CORPORA", ROOT / ".." / "shared" / "corpora"))
TEXT = b"The quick brown fox jumps over the lazy dog.\r\n" * 50
SHA256 = hashlib.sha256(TEXT).hexdigest()


def source(**keys):
    return TypeAdapter(Source).validate_python(keys)


def read(corpora_dir=None, download_dir="downloads", **keys):
    return read_source(source(**keys), corpora_dir, download_dir)


def broken(match, **keys):
    """Reading must fail with one line that matches."""
    with pytest.raises(CharlensError, match=match) as caught:
        read(**keys)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path


# --- a local file


def test_a_file_is_its_bytes():
    Path("notes.txt").write_bytes(TEXT)
    assert read(file="notes.txt") == (TEXT, "file notes.txt")
    assert read(file="notes.txt", bytes=len(TEXT), sha256=SHA256.upper())[0] == TEXT


def test_a_file_is_searched_here_then_in_corpora_dir():
    Path("own").mkdir()
    Path("own/notes.txt").write_bytes(TEXT)
    assert read(file="notes.txt", corpora_dir="own")[0] == TEXT
    Path("notes.txt").write_bytes(b"nearer")
    assert read(file="notes.txt", corpora_dir="own")[0] == b"nearer"


def test_corpora_dir_may_be_below_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    Path("own").mkdir()
    Path("own/notes.txt").write_bytes(TEXT)
    assert read(file="notes.txt", corpora_dir="~/own")[0] == TEXT


def test_broken_files():
    broken(r"notes\.txt: no such file .*and in own", file="notes.txt", corpora_dir="own")
    Path("notes.txt").write_bytes(TEXT[:-1])
    size = rf"notes\.txt: expected {len(TEXT):,} bytes, found {len(TEXT) - 1:,} bytes"
    broken(size, file="notes.txt", bytes=len(TEXT))
    broken(f"expected sha256 {SHA256}, found [0-9a-f]{{64}}", file="notes.txt", sha256=SHA256)
    Path("notes.txt").write_bytes(b"")
    broken("empty", file="notes.txt")
    Path("folder").mkdir()
    broken("folder: expected a file, found a folder", file="folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_forbidden_file_is_reported():
    Path("notes.txt").write_bytes(TEXT)
    Path("notes.txt").chmod(0)
    broken("cannot be read", file="notes.txt")


# --- the web, played by a server on this machine


class Server(ThreadingHTTPServer):
    """Serves ``pages``: path -> a function that answers the request."""

    daemon_threads = True

    def __init__(self):
        self.pages, self.requests = {}, []
        super().__init__(("127.0.0.1", 0), Handler)

    def url(self, path, answer):
        self.pages[f"/{path}"] = answer
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        self.server.pages[self.path](self)

    def log_message(self, *arguments):
        pass


def body(data, length=None, status=200):
    def answer(request):
        request.send_response(status)
        request.send_header("Content-Length", str(len(data) if length is None else length))
        request.end_headers()
        request.wfile.write(data)

    return answer


def endless(request):
    request.send_response(200)
    request.end_headers()
    try:
        for _ in range(1000):
            request.wfile.write(b"x" * 100_000)
    except OSError:
        pass  # the client has had enough


def silent(request):
    time.sleep(1.5)


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def from_web(*urls, **keys):
    return {"urls": list(urls), "filename": "text.txt", "sha256": SHA256, **keys}


def downloads():
    return sorted(path.name for path in Path("downloads").glob("*"))


def to(target):
    def answer(request):
        request.send_response(302)
        request.send_header("Location", target)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("http://example.invalid/x", "redirects to http://example.invalid; only https"),
        ("//example.invalid/x", "redirects to http://example.invalid; only https"),
        ("ftp://example.invalid/x", "redirects to ftp://example.invalid; only https"),
        ("file://localhost/etc/hostname", "redirects to file://localhost; only https"),
        ("file:///etc/hostname", "not an address of the web"),
        ("https://[::1/x", "not an address of the web"),
        (f"https://{'a' * 64}.invalid/", "not an address of the web"),
        ("https://a..invalid/", "not an address of the web"),
        ("https://a.invalid:99999/", "not an address of the web"),
    ],
)
def test_redirects_stay_on_https(server, target, expected):
    assert expected in broken("redirects to", **from_web(server.url("moved", to(target))))


def test_a_redirect_from_elsewhere_does_not_reach_into_this_machine():
    for target, ok in (("http://127.0.0.1/x", False), ("https://b.invalid/x", True), ("/y", True)):
        answer = SimpleNamespace(
            is_redirect=True, url="https://a.invalid/x", headers={"location": target}
        )
        if ok:
            sources._check_redirect(answer)
        else:
            with pytest.raises(sources._DownloadError, match=r"redirects to http://127\.0\.0\.1"):
                sources._check_redirect(answer)


def test_a_redirect_within_what_is_allowed_is_followed(server):
    server.url("good", body(TEXT))
    assert read(**from_web(server.url("moved", to("/good"))))[0] == TEXT


def test_a_length_that_is_no_number(server):
    broken("malformed|connection", **from_web(server.url("odd", body(TEXT, length="many"))))


@pytest.mark.parametrize(
    "url",
    [
        "https://[::1/x",
        "https://[gg::1]/x",
        f"https://{'a' * 64}.org/",
        "https://a..org/",
        "https:///x",
        "https://a.org:0/",
        "https://a.org:99999/",
        "https://a.org:port/",
    ],
)
def test_a_malformed_address_is_refused_while_planning(url):
    wrong = source(**from_web(url)).wrong()
    assert (wrong.key, wrong.value) == ("urls[0]", url)
    broken("not an address", **from_web(url))


def test_a_download_is_verified_kept_and_used_again(server):
    keys = from_web(server.url("good", body(TEXT)), bytes=len(TEXT))
    data, description = read(**keys)
    assert data == TEXT
    assert description.startswith("text.txt from http://127.0.0.1")
    assert downloads() == ["text.txt"]
    assert read(**keys)[0] == TEXT
    assert server.requests == ["/good"]


def test_corpora_dir_is_used_before_the_web(server):
    Path("own").mkdir()
    Path("own/text.txt").write_bytes(TEXT)
    assert read(corpora_dir="own", **from_web(server.url("good", body(b"?"))))[0] == TEXT
    assert server.requests == []
    assert not Path("downloads").exists()


def test_a_bad_file_of_the_users_is_named_and_left_alone(server):
    Path("own").mkdir()
    Path("own/text.txt").write_bytes(b"bad")
    keys = from_web(server.url("good", body(TEXT)))
    broken(r"own/text\.txt: expected sha256 .* found .*good copy", corpora_dir="own", **keys)
    assert Path("own/text.txt").read_bytes() == b"bad"
    assert server.requests == []


def test_a_bad_earlier_download_is_set_aside_and_replaced(server):
    Path("downloads").mkdir()
    Path("downloads/text.txt").write_bytes(TEXT[1:])
    assert read(**from_web(server.url("good", body(TEXT))))[0] == TEXT
    assert len(downloads()) == 2
    (aside,) = Path("downloads").glob("*.rejected")
    assert aside.read_bytes() == TEXT[1:]


def test_urls_are_tried_in_order(server):
    altered = TEXT.replace(b"fox", b"cat", 1)
    urls = [
        server.url("gone", body(b"no", status=404)),
        server.url("altered", body(altered)),
        server.url("good", body(TEXT)),
        server.url("never", body(TEXT)),
    ]
    assert read(**from_web(*urls))[0] == TEXT
    assert server.requests == ["/gone", "/altered", "/good"]
    (aside,) = Path("downloads").glob("*.rejected")
    assert aside.read_bytes() == altered


@pytest.mark.parametrize(
    ("answer", "expected", "count"),
    [
        (body(b"gone", status=404), "HTTP 404", 0),
        (body(b""), "empty", 0),
        (body(TEXT[:-9]), f"expected {len(TEXT):,} bytes, found {len(TEXT) - 9:,} bytes", 1),
        (body(TEXT[:-9], length=len(TEXT)), "connection broke", 0),
        (body(TEXT[:-1] + b"!"), "expected sha256", 1),
        (endless, "more than", 0),
        (silent, "timed out", 0),
    ],
)
def test_broken_downloads(server, monkeypatch, answer, expected, count):
    monkeypatch.setattr(sources, "TIMEOUT", (5.0, 0.3))
    url = server.url("text", answer)
    message = broken(expected, **from_web(url, bytes=len(TEXT)))
    assert url in message
    assert f"put a file of {len(TEXT):,} bytes, sha256 {SHA256} at downloads/text.txt" in message
    assert len(list(Path("downloads").glob("*.rejected"))) == count
    assert len(downloads()) == count


def test_a_download_that_dribbles_is_stopped(server, monkeypatch):
    monkeypatch.setattr(sources, "DEADLINE", 0.0)
    broken("not finished after 0 s", **from_web(server.url("slow", body(TEXT))))
    assert downloads() == []


def test_without_a_network_every_address_is_named(server):
    dead = server.url("dead", None).replace(str(server.server_port), "1")
    message = broken("no connection", corpora_dir="own", **from_web(dead, "http://example.org/x"))
    assert dead in message
    assert "http://example.org/x: only https is allowed" in message
    assert "own/text.txt" in message


def test_published_corpora_are_verified_before_use(monkeypatch):
    monkeypatch.setattr(sources, "_download", lambda *_: pytest.fail("not from the web"))
    Path("own").mkdir()
    Path("own/warpeace_input.txt").write_bytes(b"x" * 3_258_245)
    broken("expected 3,258,246 bytes", published="war_and_peace", corpora_dir="own")
    Path("own/linux_input.txt").write_bytes(b"x" * 6_206_996)
    broken("git_blob_sha1 6277447c", published="linux_kernel", corpora_dir="own")


def test_war_and_peace_is_found():
    if not (CORPORA / "warpeace_input.txt").is_file():
        pytest.skip("warpeace_input.txt is not in CHARLENS_CORPORA or ../shared/corpora")
    data, description = read(published="war_and_peace", corpora_dir=CORPORA)
    assert len(data) == 3_258_246
    assert description == "file warpeace_input.txt"


def test_git_blob_hash_is_the_one_git_computes():
    computed = subprocess.run(
        ["git", "hash-object", "--stdin"], input=TEXT, capture_output=True, check=True
    )
    assert git_blob_sha1(TEXT) == computed.stdout.decode().strip()


# --- source trees

TREE = {
    "kernel/sched/core.c": b"core\n",
    "kernel/fork.c": b"fork\n",
    "kernel/fork.h": b"",
    "kernel/Makefile": b"obj-y\n",
    "kernel/.hidden/x.c": b"hidden",
    "fs/inode.c": b"inode\n",
}
KERNEL = ["kernel/**/*.c", "kernel/**/*.h"]


def joined(names, seed):
    order = sorted(names)
    random.Random(seed).shuffle(order)
    return b"".join(TREE[name] for name in order)


def make_folder(path, top):
    for name, data in TREE.items():
        file = Path(path, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    Path(path, "kernel/link.c").symlink_to("fork.c")
    os.mkfifo(Path(path, "kernel/pipe.c"))


def make_tar(path, top):
    with tarfile.open(path, f"w:{path.suffix[1:] if path.suffix != '.tar' else ''}") as archive:
        for name, data in reversed(TREE.items()):
            member = tarfile.TarInfo(top + name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo(f"{top}kernel/link{int(kind)}.c")
            member.type, member.linkname = kind, f"{top}kernel/fork.c"
            archive.addfile(member)
        for name in ("../kernel/up.c", "/kernel/root.c"):
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"evil"))


def make_zip(path, top):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in reversed(TREE.items()):
            archive.writestr(top + name, data)
        archive.mkdir(f"{top}kernel/folder.c")
        link = zipfile.ZipInfo(f"{top}kernel/link.c")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "fork.c")


MAKERS = {
    "linux": make_folder,
    "linux.tar": make_tar,
    "linux.tar.gz": make_tar,
    "linux.tar.bz2": make_tar,
    "linux.tar.xz": make_tar,
    "linux.zip": make_zip,
}


@pytest.mark.parametrize("top", ["", "linux-4.1/", "./linux-4.1/"])
@pytest.mark.parametrize("name", MAKERS)
def test_a_tree_is_sorted_shuffled_and_joined(name, top):
    MAKERS[name](Path(name), top)
    names = ["kernel/sched/core.c", "kernel/fork.c", "kernel/fork.h"]
    for seed in range(3):
        data, description = read(tree=name, glob=KERNEL, shuffle_seed=seed)
        assert data == joined(names, seed)
    assert description == (
        f"tree {name}: 3 files matching kernel/**/*.c, kernel/**/*.h, shuffled with seed 2"
    )
    if top and name != "linux":  # the top folder may also be written
        assert read(tree=name, glob=["linux-*/kernel/*.c"])[0] == TREE["kernel/fork.c"]


def test_a_top_folder_counts_only_when_it_is_the_only_one():
    make_zip(Path("two.zip"), "linux-4.1/")
    with zipfile.ZipFile("two.zip", "a") as archive:
        archive.writestr("other/fork.c", b"other")
    broken("no file matches", tree="two.zip", glob=["kernel/*.c"])


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.c", "a.c", True),
        ("*.c", "k/a.c", False),
        ("**/*.c", "a.c", True),
        ("**/*.c", "k/l/a.c", True),
        ("k/**", "k/l/a.c", True),
        ("k/**/m/*.[ch]", "k/m/a.h", True),
        ("k/**/m/*.[ch]", "k/l/l/m/a.c", True),
        ("k/**/m/*.[ch]", "k/l/l/a.c", False),
        ("./k//?.c", "k/a.c", True),
        ("**/*.c", ".git/a.c", False),
        ("**/*", "k/.a.c", False),
        (".git/*", ".git/a.c", True),
        ("K/*.c", "k/a.c", False),
    ],
)
def test_globs(glob, path, matches):
    assert globs.matches(path.split("/"), [globs.parts_of(glob)]) == matches


def test_the_kernel_of_the_manifest_is_rebuilt():
    """The published stand-in for the paper's kernel corpus, from an archive of its files."""
    whole = CORPORA / "linux_kernel_v4.1-rc6.txt"
    manifest = CORPORA / "linux_kernel_v4.1-rc6.manifest.tsv"
    if not (whole.is_file() and manifest.is_file()):
        pytest.skip("the kernel corpus is not in CHARLENS_CORPORA or ../shared/corpora")
    rows = [line.split("\t") for line in manifest.read_text().splitlines()]
    with open(whole, "rb") as text, tarfile.open("linux.tar", "w") as archive:
        for name, size, _ in rows:
            member = tarfile.TarInfo(f"linux-4.1-rc6/{name}")
            member.size = int(size)
            archive.addfile(member, text)
    data, _ = read(tree="linux.tar", glob=KERNEL, shuffle_seed=0)
    assert hashlib.sha256(data).hexdigest().startswith("ab9cdb11422a5f60")


def test_broken_trees(monkeypatch):
    broken("nothing.tar: no such file", tree="nothing.tar", glob=KERNEL)
    make_tar(Path("linux.tar"), "linux-4.1/")
    broken(r"no file matches the glob net/\*\.c; .*named like", tree="linux.tar", glob=["net/*.c"])
    broken("inside the tree", tree="linux.tar", glob=["../*.c"])
    broken("files selected are all empty", tree="linux.tar", glob=["**/*.h"])
    Path("notes.txt").write_bytes(TEXT)
    broken(r"notes\.txt: expected a folder or an archive", tree="notes.txt", glob=KERNEL)
    Path("empty").mkdir()
    broken("empty: no file matches .* holds no files", tree="empty", glob=KERNEL)
    monkeypatch.setattr(tree, "MAX_BYTES", 8)
    broken("more than 8 bytes", tree="linux.tar", glob=KERNEL)
    monkeypatch.setattr(archives, "MAX_TREE", 8)
    broken("claim to hold more than 8 bytes", tree="linux.tar", glob=KERNEL)


@pytest.mark.parametrize("damage", ["none of it", "truncated", "one byte", "no data"])
@pytest.mark.parametrize("name", [name for name in MAKERS if name != "linux"])
def test_damaged_archives(name, damage):
    path = Path(name)
    MAKERS[name](path, "linux-4.1/")
    data = path.read_bytes()
    header = 512 if name == "linux.tar" else len(data) // 2
    path.write_bytes(
        {
            "none of it": TEXT,
            "truncated": data[: header + 100],
            "one byte": data[: header + 3] + bytes([data[header + 3] ^ 0x55]) + data[header + 4 :],
            "no data": b"",
        }[damage]
    )
    if name == "linux.tar" and damage == "one byte":
        path.write_bytes(data[:1030] + b"?" + data[1031:])  # in the name of the second member
    if name == "linux.zip" and damage == "one byte":
        place = data.index(b"kernel/fork.c") + len("kernel/fork.c") + 1  # in its compressed data
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
    message = broken("damaged or truncated", tree=name, glob=["**/*"])
    assert message.startswith(name)
    assert sorted(os.listdir()) == [name]


@pytest.mark.parametrize("name", [name for name in MAKERS if name not in ("linux", "linux.tar")])
def test_a_flipped_bit_of_an_archive_never_gives_another_text(name):
    path = Path(name)
    MAKERS[name](path, "linux-4.1/")
    if name == "linux.zip":  # without its link: no checksum says that a link is one
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in TREE.items():
                archive.writestr(member, content)
    data, whole = path.read_bytes(), read(tree=name, glob=["**/*.c"])[0]
    places = random.Random(0).sample(range(8 * len(data)), 300)
    noticed = 0
    for place in places:
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            assert read(tree=name, glob=["**/*.c"])[0] == whole  # a date, say
        except CharlensError:
            noticed += 1
    assert noticed > 150
    if name != "linux.zip":
        path.write_bytes(data[:-4])  # the trailer alone
        broken("damaged or truncated", tree=name, glob=["**/*.c"])


def test_a_member_that_no_glob_selects_is_checked_too():
    make_zip(Path("linux.zip"), "")
    data = bytearray(Path("linux.zip").read_bytes())
    data[data.index(b"kernel/Makefile") + len("kernel/Makefile") + 1] ^= 0x55
    Path("linux.zip").write_bytes(data)
    broken("damaged or truncated", tree="linux.zip", glob=["**/*.c"])


def test_an_archive_may_not_go_on_after_its_end(monkeypatch):
    make_tar(Path("linux.tar.gz"), "")
    monkeypatch.setattr(archives, "MAX_BYTES", 5_000)  # less than the padding
    broken("follow its last file", tree="linux.tar.gz", glob=KERNEL)


def header_of(kind, content, size=None):
    member = tarfile.TarInfo("x")
    member.type, member.size = kind, len(content) if size is None else size
    return member.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512)


@pytest.mark.parametrize(
    "start",
    [
        header_of(tarfile.XHDTYPE, b"12 size=abc\n"),
        header_of(tarfile.XHDTYPE, b"13 size=-512\n"),
        header_of(tarfile.XHDTYPE, b"11 mtime=x\n"),
        header_of(tarfile.XHDTYPE, b"99999999999999999999 path=x\n"),
        header_of(tarfile.XHDTYPE, b"\xff\xfe garbage \x00"),
        header_of(tarfile.XHDTYPE, b"26 GNU.sparse.map=a,b,c,d\n"),
        header_of(tarfile.GNUTYPE_LONGNAME, b"x", size=1 << 40),
        header_of(tarfile.GNUTYPE_LONGNAME, b"x" * 20) * 3000,
    ],
)
def test_garbage_in_extended_headers_is_damage(start):
    make_tar(Path("linux.tar"), "")
    whole = read(tree="linux.tar", glob=KERNEL)[0]
    Path("linux.tar").write_bytes(start + Path("linux.tar").read_bytes())
    try:
        data = read(tree="linux.tar", glob=KERNEL)[0]
    except CharlensError as refusal:
        data, line = whole, str(refusal)
    else:
        line = "linux.tar: read"
    assert data == whole
    assert line.startswith("linux.tar: ")
    assert "\n" not in line


def test_folders_nested_by_the_thousand():
    with tarfile.open("deep.tar", "w") as archive:
        member = tarfile.TarInfo("d/" * 2000 + "deep.c")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"deep\n"))
    assert read(tree="deep.tar", glob=["**/*.c"])[0] == b"deep\n"
    top, parent = Path.cwd(), Path.cwd()
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    Path("deep.c").write_bytes(b"deep\n")
    os.chdir(top)
    try:
        data = read(tree="d", glob=["**/*.c"])[0]
    finally:
        subprocess.run(["rm", "-rf", str(parent / "d")], check=True)
    assert data == b"deep\n"


def test_globs_that_could_go_back_for_ever():
    parts = ("a",) * 60
    assert not globs.matches(parts, [("**", "a") * 30 + ("b",)])
    assert globs.matches(parts, [("**", "a") * 30])
    assert not globs.matches(("a" * 200,), [("*a" * 40 + "b",)])


@pytest.mark.parametrize("kind", ["file", "tree"])
def test_a_device_is_refused_before_anything_runs(kind):
    os.mkfifo("pipe")
    for path in ("/dev/zero", "pipe"):
        assert "a device or a pipe" in source(**{kind: path}).fault(None)


def test_a_text_has_a_limit():
    with open("sparse.txt", "wb") as file:
        file.truncate(3 << 30)
    assert "has 3,221,225,472 bytes" in source(file="sparse.txt").fault(None)
    broken(r"sparse\.txt: has 3,221,225,472 bytes", file="sparse.txt")


def test_a_tree_of_more_than_a_text_may_have_is_refused_before_it_is_read():
    Path("src").mkdir()
    for name in ("a.c", "b.txt"):
        with open(f"src/{name}", "wb") as file:
            file.truncate(1 << 40)
    assert "more than 1,073,741,824 bytes" in source(tree="src").fault(None)
    assert "no file matches the glob *.h" in source(tree="src", glob=["*.h"]).fault(None)
    Path("src/a.c").write_bytes(TEXT)
    assert source(tree="src").fault(None) is None  # the other one is no part of it
    with open("sparse.tar", "wb") as file:
        file.truncate(1 << 40)
    assert "has 1,099,511,627,776 bytes" in source(tree="sparse.tar").fault(None)


@pytest.mark.parametrize("top", ["", "linux-4.1/"])
@pytest.mark.parametrize("name", MAKERS)
def test_sizes_are_known_without_unpacking_where_headers_tell_them(name, top):
    MAKERS[name](Path(name), top)
    asked = source(tree=name, glob=KERNEL, shuffle_seed=1)
    assert asked.fault(None) is None
    if name in ("linux.tar.gz", "linux.tar.bz2", "linux.tar.xz"):
        assert asked.size(None) is asked.sizes(None) is None
        return
    assert asked.size(None) == sum(asked.sizes(None)) == 10
    assert list(asked.sizes(None)) == asked.file_sizes(Folders(None, Path("downloads")))


def bomb_zip(path):
    """Half a megabyte that claims to hold 2 GB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.c", TEXT)
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (2_000_000_000).to_bytes(4, "little")
    path.write_bytes(data)


def bomb_tar(path):
    """Ends after the header of a file of 2 GB."""
    member = tarfile.TarInfo("a.c")
    member.size = 2_000_000_000
    with path.open("wb") as file:
        file.write(member.tobuf())
        file.truncate(2_000_010_240)


@pytest.mark.parametrize(("name", "make"), [("a.zip", bomb_zip), ("a.tar", bomb_tar)])
def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_read(name, make):
    make(Path(name))
    fault = source(tree=name).fault(None)
    assert "files matching **/*.c, **/*.h hold more than 1,073,741,824 bytes" in fault


@pytest.mark.parametrize("name", ["linux.zip", "linux.tar"])
def test_an_archive_without_the_files_is_refused_before_it_is_read(name):
    MAKERS[name](Path(name), "linux-4.1/")
    assert "but no file matches the glob net/*.c" in source(tree=name, glob=["net/*.c"]).fault(None)
    whole = Path(name).read_bytes()
    Path(name).write_bytes(whole[:612])
    assert "but the archive is damaged or truncated" in source(tree=name).fault(None)


def test_an_archive_has_a_limit_of_members(monkeypatch):
    for name in ("linux.zip", "linux.tar"):
        MAKERS[name](Path(name), "")
        monkeypatch.setattr(archives, "MAX_MEMBERS", 100)
        assert source(tree=name, glob=KERNEL).fault(None) is None
        monkeypatch.setattr(archives, "MAX_MEMBERS", 5)
        tree._sizes_of_archive.cache_clear()
        assert "has more than 5 files, folders" in source(tree=name, glob=KERNEL).fault(None)
        broken("has more than 5 files", tree=name, glob=KERNEL)


def test_an_encrypted_zip_is_reported():
    make_zip(Path("linux.zip"), "")
    data = bytearray(Path("linux.zip").read_bytes())
    for signature, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(signature) + flags] |= 1
    Path("linux.zip").write_bytes(data)
    broken("encrypted", tree="linux.zip", glob=["**/*"])


# --- built in


@pytest.fixture(scope="module")
def built():
    before = set(sys.modules)
    result = {name: read(builtin=name) for name in builtin_corpora.BUILTIN}
    assert not set(sys.modules) - before  # nothing of what is read was imported
    return result


@pytest.mark.parametrize("name", builtin_corpora.BUILTIN)
def test_built_in_corpora(name, built):
    data, description = built[name]
    assert 1_000_000 < len(data) < 1_600_000
    assert data.isascii()
    assert len(set(data)) < 100
    assert set(data) >= set(b"\n \"'(){}[]abcXYZ")
    lines = data.split(b"\n")
    assert 30 < len(data) / len(lines) < 70
    assert str(Path.home()).encode() not in data
    assert sys.prefix.encode() not in data
    assert "built in" in description
    assert "/" not in description


def test_a_built_in_corpus_can_be_cut(built):
    data, description = read(builtin="torch_headers", limit_bytes=10_000)
    assert data == built["torch_headers"][0][:10_000]
    assert description.endswith("the first 10,000 bytes")


def test_built_in_corpora_do_not_depend_on_the_process(built):
    code = (
        "import hashlib; from charlens.text.sources.builtin import BUILTIN;"
        "print(*(hashlib.sha256(make()[0]).hexdigest() for make in BUILTIN.values()))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT / "workflow"), "LC_ALL": "C"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, check=True, text=True
    )
    assert run.stdout.split() == [hashlib.sha256(data).hexdigest() for data, _ in built.values()]


def test_prose_repeats_no_paragraph(built):
    paragraphs = built["python_docs"][0].split(b"\n\n")
    assert len(paragraphs) == len(set(paragraphs)) > 1000


def test_headers_are_whole_files(built):
    assert built["torch_headers"][0].count(b"#pragma once") > 150


def test_a_missing_package_is_reported(monkeypatch):
    monkeypatch.setattr(builtin_corpora, "find_spec", lambda name: None)
    for name in builtin_corpora.BUILTIN:
        broken("not installed", builtin=name)


# --- the script of the rule


class Outputs(dict):
    """Snakemake's named files: by key or by attribute."""

    __getattr__ = dict.__getitem__


def run_script(entry, batch=10, unroll=10, corpora_dir=None, contents=None):
    """Run the rule's script as Snakemake would, with outputs below out/."""
    outputs = Outputs({name: f"out/{name}.npy" for name in ("train", "val", "test")})
    outputs["json"] = "out/corpus.json"
    config = dict(name="mine", entry=entry, corpora_dir=corpora_dir, batch=batch, unroll=unroll)
    job = SimpleNamespace(
        log=["log/mine.log"],
        threads=1,
        input=[],
        params=SimpleNamespace(corpus="mine", config=config, contents=contents),
        output=outputs,
    )
    runpy.run_path(str(ROOT / "workflow/scripts/prepare_corpus.py"), {"snakemake": job})


def test_the_script_prepares_a_corpus():
    Path("notes.txt").write_bytes(TEXT)
    run_script({"source": {"file": "notes.txt"}, "split": "position"})
    corpus = Corpus.load("out/corpus.json")
    assert (corpus.name, corpus.source, corpus.sha256) == ("mine", "file notes.txt", SHA256)
    assert (corpus.split, corpus.train, corpus.val) == ("position", 0.8, 0.1)
    for name, size in corpus.sizes.items():
        assert load_split(f"out/{name}.npy")[:, 1:].size == size
    assert str(Path.cwd()) not in Path("out/corpus.json").read_text()


def test_the_script_splits_a_tree_by_files():
    """Every file has a byte of its own, so a part's bytes tell whose files it holds."""
    folder = Path("code")
    folder.mkdir()
    for i in range(10):
        (folder / f"{i}.c").write_bytes(b"%d" % i * 50)
    (folder / "empty.c").touch()
    run_script({"source": {"tree": "code", "glob": ["*.c"]}, "split": "files"}, 2, 5)
    corpus = Corpus.load("out/corpus.json")
    assert (corpus.split, corpus.bytes) == ("files", 500)
    order = sorted(path.name for path in folder.iterdir())
    random.Random(0).shuffle(order)
    order.remove("empty.c")
    expected = {"train": order[:8], "val": order[8:9], "test": order[9:]}
    for part, names in expected.items():
        bytes_ = {corpus.vocabulary[code] for code in set(load_split(f"out/{part}.npy").flat)}
        assert bytes_ == {ord(name[0]) for name in names}
    assert corpus.sizes == {"train": 390, "val": 40, "test": 40}  # a byte follows each last block


def test_a_changed_tar_is_said_to_have_changed(tmp_path):
    make_tar(Path("linux.tar"), "")
    entry = {"source": {"tree": "linux.tar", "glob": KERNEL}}
    corpora = {"mine": entry | {"grid": []}, "same": entry}
    study = Config.load({"run": "x", "corpora": corpora | {"built": BUILT}})
    checksums = Checksums(tmp_path / "sums.json")
    run_script(entry, 1, 1, contents=own_contents(study, "mine", checksums))
    Path("results/mine").mkdir(parents=True)
    os.replace("out/corpus.json", "results/mine/corpus.json")
    files = Corpus.load("results/mine/corpus.json").files
    assert files == {
        name: hashlib.sha256(TREE[name]).hexdigest()
        for name in ("kernel/fork.c", "kernel/fork.h", "kernel/sched/core.c")
    }
    assert changed_sources(study, Path("results"), checksums) == []
    data = bytearray(Path("linux.tar").read_bytes())
    data[data.index(b"fork\n")] ^= 1  # a plain tar has no checksum of what its files hold
    Path("linux.tar").write_bytes(data)
    assert read(tree="linux.tar", glob=KERNEL)
    (line,) = changed_sources(study, Path("results"), checksums)
    assert line.startswith("charlens: corpora.mine: linux.tar has changed since results/mine/")


BUILT = {"source": {"builtin": "python_docs"}}

BROKEN = {
    "missing": {"file": "nothing.txt"},
    "truncated": {"file": "notes.txt", "bytes": len(TEXT) + 1},
    "altered": {"file": "altered.txt", "sha256": SHA256},
    "empty": {"file": "empty.txt"},
    "too short": {"file": "short.txt"},
    "folder": {"file": "folder"},
    "no archive": {"tree": "bad.tar.gz"},
    "glob": {"tree": "folder", "glob": ["*.c"]},
    "wrong sum in corpora_dir": {"published": "war_and_peace"},
    "lying download": {"urls": ["URL"], "filename": "web.txt", "sha256": SHA256},
    "plain http": {"urls": ["http://example.org/"], "filename": "web.txt", "sha256": SHA256},
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_corpus_is_one_line_and_leaves_nothing(name, capsys, server):
    altered = TEXT.replace(b"lazy", b"busy", 1)
    Path("notes.txt").write_bytes(TEXT)
    Path("altered.txt").write_bytes(altered)
    Path("short.txt").write_bytes(b"too short")
    Path("empty.txt").touch()
    Path("folder").mkdir()
    Path("bad.tar.gz").write_bytes(TEXT)
    Path("folder/warpeace_input.txt").write_bytes(TEXT)
    keys = dict(BROKEN[name])
    if keys.get("urls") == ["URL"]:
        keys["urls"] = [server.url("lie", body(altered))]
    with pytest.raises(SystemExit) as caught:
        run_script({"source": keys}, corpora_dir="folder")
    assert caught.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("charlens: error: ")
    assert "Traceback" not in Path("log/mine.log").read_text()
    assert not Path("out").exists()
    rejected = list(Path("cache/corpora").glob("*")) if Path("cache").exists() else []
    assert [path.suffix for path in rejected] == [".rejected"] * (name == "lying download")
