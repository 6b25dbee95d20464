"""What many idle routes cost: storage requests of a sweep, and how long the answers about all of them take."""
