"""Which encoding of one byte a text in Latin letters has, by the alphabets of its languages.

The same byte is ã in Western Europe and ă in Central Europe. Statistics of letters tell the two
apart only where there are many. An alphabet does it with few: no language has ă, ő and ç.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

_WESTERN = {
    "English": "éèêëàáâãäåæçíîïñóôöøœúûüß",  # in names and loan words
    "French": "àâæçéèêëîïôœùûüÿ",
    "German": "äöüßé",
    "Spanish": "áéíóúüñ",
    "Catalan": "àéèíïóòúüç",
    "Portuguese": "ãõáâàçéêíóôúü",
    "Italian": "àèéìíîòóùú",
    "Swedish, Finnish": "åäöéšž",
    "Danish, Norwegian": "æøåéèêóòôü",
    "Icelandic": "áéíóúýþæöð",
    "Estonian": "äöõüšž",
}
_CENTRAL = {
    "Polish": "ąćęłńóśźż",
    "Czech": "áčďéěíňóřšťúůýž",
    "Slovak": "áäčďéíĺľňóôŕšťúýž",
    "Hungarian": "áéíóöőúüű",
    "Romanian": "ăâîşţ",
    "Croatian, Slovene": "čćđšž",
}
_ALPHABETS = {
    "cp1252": _WESTERN,
    "iso8859_2": _CENTRAL,
    "cp1250": _CENTRAL,
    "cp1254": {**_WESTERN, "Turkish": "çğıiöşüâîû"},
    "mac_roman": _WESTERN,
}
_RARELY = 0.01  # of the letters: in English others than those of ASCII are not as many
_LATIN = 0.3  # of the letters: in no language of Latin letters more are beyond ASCII
_ALONE = 0.7  # of those the letters next to one of ASCII; of other scripts they come in runs
_FITS = 0.6  # of the letters beyond ASCII, in the alphabet of one language
_WITHIN_WORDS = "'\u2018\u2019-\u2013\u2014\u2026\u00ad\u00a0\u00b7"


def best(sample: np.ndarray, names: Sequence[str]) -> str | None:
    """The encoding in which the text fits the alphabet of one language best.

    Args:
        sample: of the text, uint8 (bytes,).
        names: encodings that it may have; of equally good ones the first.

    Returns:
        None where the text is not in Latin letters or fits none.

    Example:
        >>> text = np.frombuffer("Não há nada".encode("cp1252"), np.uint8)
        >>> best(text, ["cp1250", "cp1252"])
        'cp1252'
    """
    lower = sample | 32
    letter = (lower >= ord("a")) & (lower <= ord("z")) & (sample < 128)
    left, right = np.append(False, letter[:-1]), np.append(letter[1:], False)
    high = sample >= 128
    beside = high & (left | right)
    if not beside.any() or beside.sum() < _ALONE * high.sum():
        return None
    if beside.sum() > _LATIN * (letter.sum() + beside.sum()):
        return None
    # How often each byte comes at the edge of words and within them.
    edge, within = (
        np.bincount(sample[places], minlength=256)
        for places in (beside & (left != right), beside & left & right)
    )
    rare = bool(beside.sum() < _RARELY * letter.sum())
    scores = {name: _fit(name, edge, within, rare) for name in names if name in _ALPHABETS}
    chosen = max(scores, key=scores.__getitem__, default=None)
    return chosen if chosen is not None and scores[chosen] >= _FITS else None


def _fit(encoding: str, edge: np.ndarray, within: np.ndarray, rare: bool) -> float:
    """The share of the letters beyond ASCII that one language has; that which has most."""
    counts: dict[str, int] = {}
    for byte in np.flatnonzero(edge + within).tolist():
        character = bytes([byte]).decode(encoding, "replace")
        is_letter = unicodedata.category(character)[0] == "L"
        # Quotes and the like may be at the edge of words.
        other = 0 if character in _WITHIN_WORDS else within[byte]
        count = int(edge[byte] + within[byte] if is_letter or character == "\ufffd" else other)
        lower = character.lower()[0]  # of İ an i, and a dot
        counts[lower] = counts.get(lower, 0) + count
    total = sum(counts.values())
    shares = [
        sum(count for character, count in counts.items() if character in alphabet)
        for language, alphabet in _ALPHABETS[encoding].items()
        if rare or language != "English"
    ]
    return round(max(shares) / total, 2) if total else 1.0
