"""The policy pack: rules that judge every resource before it is touched, by what the stack's edition documents.

Knows the catalogue, the stack's settings and the analyzer service. Knows no tenant, no provider and no engine.
"""
