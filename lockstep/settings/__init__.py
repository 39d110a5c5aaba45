"""What a stack says: its typed settings, and what it wants of each app. Asks no tenant and imports no Pulumi."""
