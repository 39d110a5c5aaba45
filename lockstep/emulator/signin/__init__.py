"""Sign-in: OpenID configuration, keys, tokens."""
