"""The metadata of the cloud, by which clients find the other doors."""
