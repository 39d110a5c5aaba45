"""Taking over what a tenant has already: identified, compared, written down for an import.

Nothing in a tenant changes here. The one exception is `restore`, which puts a deleted application back. Knows no
command line.
"""
