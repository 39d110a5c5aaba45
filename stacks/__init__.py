"""What a stack deploys: typed settings, the guards of its target, and the estate that they add up to.

Nothing here is imported on the way in, so that a stack file can be checked without loading Pulumi.
"""
