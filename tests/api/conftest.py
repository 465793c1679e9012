import charlens as cl
import pytest
from charlens.study.default_study import StudyTraining
from small_run import BATCH, UNROLL, make_run, prose


@pytest.fixture(scope="package")
def novel(tmp_path_factory):
    """A text file."""
    path = tmp_path_factory.mktemp("texts") / "novel.txt"
    path.write_bytes(prose())
    return path


@pytest.fixture(scope="package")
def text(novel):
    return cl.corpus(novel, batch=BATCH, unroll=UNROLL)


@pytest.fixture(scope="package")
def model(text):
    return cl.train("lstm-2x8", text, epochs=2, dropout=0.1, device="cpu")


@pytest.fixture(scope="package")
def run_folder(novel, tmp_path_factory):
    """A folder as the workflow leaves it, of the same text and model."""
    folder = tmp_path_factory.mktemp("results") / "small"
    make_run(folder, novel.read_bytes(), settings=StudyTraining)
    return folder
