"""What webhooks are signed with, in both directions."""
