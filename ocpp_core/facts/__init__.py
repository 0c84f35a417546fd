"""Where our statement of the facts lies, reading the official files, and the proof that both say the same."""
