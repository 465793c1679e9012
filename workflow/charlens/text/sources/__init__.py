"""Where the bytes of a corpus come from: the installation, a file, the web or a source tree."""
