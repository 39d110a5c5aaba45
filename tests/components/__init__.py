"""Tests of the components, with Pulumi's mocks."""
