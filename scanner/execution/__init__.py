"""Blocks computed by workers until a scan is done: engines, rounds, faults, forecasts, reports."""
