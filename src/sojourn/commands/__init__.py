"""What the commands do; `cli` says what they are called and what they take."""
