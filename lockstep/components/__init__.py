"""Pulumi components: one vendor app each, held at exactly the permissions that its vendor documents.

This package knows no settings, no stack and no tenant; `stacks` puts the components together.
"""
