"""What the door costs: validated PUTs of an environment per second, through the handler and through the whole stack."""
