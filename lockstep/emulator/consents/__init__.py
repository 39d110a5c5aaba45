"""Consents: delegated permission grants, and app role assignments seen from the principal and from the resource."""
