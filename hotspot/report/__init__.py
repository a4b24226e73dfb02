"""Rendering: tables for terminals, plain text and Markdown; one place for all commands."""
