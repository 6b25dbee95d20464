"""Everything for running the relay without Azure: stand-ins and real parts, none of it deployed."""
