"""Delegated permission grants (oauth2PermissionGrants)."""
