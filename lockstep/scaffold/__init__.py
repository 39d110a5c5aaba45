"""What a private repository starts with: the reference project's files, copied and named anew.

Reads and writes files, and asks pip for a wheel; knows no stack, no tenant and no Pulumi.
"""
