"""Repair tasks."""
