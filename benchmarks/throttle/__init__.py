"""How long it takes until a thousand routes are synced that changed at once, against ARM's own limit."""
