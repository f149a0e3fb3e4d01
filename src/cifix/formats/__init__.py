"""Bytes with meaning: each format tells the places, rules write the text, edits are the result."""
