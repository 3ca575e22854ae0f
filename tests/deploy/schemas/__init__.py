"""Providers of Terraform that know their schema and nothing else.

No machine here has the providers of Google and of Atlas. Their bindings for CDK Terrain are on PyPI, and say which
arguments each resource takes; with a provider that answers from those, Terraform itself checks names, types, what is
required and how often, and tests with mock providers run. What it cannot see are the rules of values (which words an
argument takes, which patterns): checkov and the tests of the root cover some of those.
"""
