"""Stores that grow: from other stores, by longer axes and by new experiments."""
