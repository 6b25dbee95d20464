"""For people in a terminal and their scripts: `status`, `watch`, `sync` and `plan` against any deployment."""
