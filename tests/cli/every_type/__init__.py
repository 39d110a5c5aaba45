"""A Pulumi program of its own: see __main__.py."""
