"""What a look at a large folder costs."""
