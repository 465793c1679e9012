"""A slow, obvious modified Kneser-Ney model: dictionaries, one order, KenLM's way of counting."""

from collections import Counter, defaultdict

import numpy as np

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
FALLBACK = {1: 0.5, 2: 1.0, 3: 1.5}


class ReferenceModel:
    """The order-N model of one sentence of bytes (Chen & Goodman 1999; Heafield et al. 2013)."""

    def __init__(self, text, order, kenlm_quirk=True):
        self.order = order
        self.words = [START, *text, END]
        self.vocabulary = set(text)
        # Padding with N − 1 sentence starts gives each word an N-gram that ends with it.
        padded = [START] * (order - 1) + [*text, END]
        self.padded = [tuple(padded[i : i + order]) for i in range(len(text) + 1)]
        self.counts = {k: self._adjusted_counts(k) for k in range(1, order + 1)}
        self.discounts = {k: self._discounts(k, kenlm_quirk) for k in range(1, order + 1)}
        self.following = {k: defaultdict(list) for k in self.counts}
        for k, counts in self.counts.items():
            for ngram, count in counts.items():
                self.following[k][ngram[:-1]].append(count)

    def _raw_counts(self, k):
        words = self.words
        return Counter(tuple(words[i : i + k]) for i in range(len(words) - k + 1))

    def _adjusted_counts(self, k):
        counts = self._raw_counts(k)
        if k < self.order:
            before = defaultdict(set)
            for longer in self._raw_counts(k + 1):
                before[longer[1:]].add(longer[0])
            for ngram in counts:
                if ngram[0] != START:
                    counts[ngram] = len(before[ngram])
        counts.pop((START,), None)  # never predicted
        return counts

    def _last_ngrams(self):
        """The last N-gram read from its end, words by first appearance, cut to its tails."""
        number = {START: 0, END: 1}
        for word in self.words:
            number.setdefault(word, len(number))
        last = max(self.padded, key=lambda ngram: [number[word] for word in reversed(ngram)])
        for k in range(1, self.order):
            if START in last[-k:][1:]:
                return
            yield last[-k:]

    def _discounts(self, k, kenlm_quirk):
        counts = dict(self.counts[k])
        if kenlm_quirk:
            for ngram in self._last_ngrams():
                if len(ngram) == k and ngram in counts:
                    counts[ngram] = self._raw_counts(k)[ngram]
        n = Counter(counts.values())
        if not (n[1] and n[2] and n[3]):
            return FALLBACK
        f = np.float32
        y = f(n[1]) / f(n[1] + 2.0 * n[2])
        values = {j: f(j) - f(j + 1) * y * f(n[j + 1]) / f(n[j]) for j in (1, 2, 3)}
        if any(not 0 <= values[j] <= j for j in values):
            return FALLBACK
        return {j: float(value) for j, value in values.items()}

    def _discount(self, k, count):
        return self.discounts[k][min(count, 3)]

    def probability(self, context, word):
        """P(word | context); the context begins with START if the sentence does there."""
        context = tuple(context)[len(context) - min(len(context), self.order - 1) :]
        if word not in self.vocabulary and word != END:
            word = UNKNOWN
        return self._interpolated(context, word)

    def _interpolated(self, context, word):
        k = len(context) + 1
        lower = self._interpolated(context[1:], word) if context else 1 / (len(self.vocabulary) + 2)
        following = self.following[k].get(context)
        if following is None:
            return lower
        count = self.counts[k].get((*context, word), 0)
        own = count - self._discount(k, count) if count else 0
        left = sum(self._discount(k, other) for other in following)
        return (own + left * lower) / sum(following)

    def score(self, text):
        """P(byte | those before it) for each byte of a sentence."""
        words = [START, *text]
        return [self.probability(words[:i], words[i]) for i in range(1, len(words))]
