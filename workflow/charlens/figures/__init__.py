"""The figures: each module reads tables and draws, and computes nothing but layout."""
