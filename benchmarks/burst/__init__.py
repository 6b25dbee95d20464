"""How many sync calls a burst costs, and how soon its last change is in: our policy against those people have today."""
