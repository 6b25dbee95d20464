"""What a person reads in a browser: each page is a folder with its template, its style and, where it acts, a script."""
