"""The policy pack, asked through the analyzer service as an engine asks it."""
