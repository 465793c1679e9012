"""The report of a run: which figures and tables it shows, and the sentences in their captions."""
